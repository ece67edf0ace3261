"""The ledger cannot be rewritten: the database refuses UPDATE, DELETE and TRUNCATE of movements, whoever asks."""

import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION spares_movement_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock movements are kept as they are: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER spares_stockmovement_stays BEFORE UPDATE OR DELETE ON spares_stockmovement
    FOR EACH ROW EXECUTE FUNCTION spares_movement_refuse();
CREATE TRIGGER spares_stockmovement_stays_whole BEFORE TRUNCATE ON spares_stockmovement
    FOR EACH STATEMENT EXECUTE FUNCTION spares_movement_refuse();
"""
BACKWARD = """
DROP TRIGGER spares_stockmovement_stays_whole ON spares_stockmovement;
DROP TRIGGER spares_stockmovement_stays ON spares_stockmovement;
DROP FUNCTION spares_movement_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("spares", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="stockmovement",
            name="spares_movement_moves",
        ),
        migrations.AlterField(
            model_name="unit",
            name="state",
            field=models.CharField(
                choices=[
                    ("in_stock", "In stock"),
                    ("reserved", "Reserved"),
                    ("shipped", "On the way"),
                    ("delivered", "At the hospital"),
                    ("installed", "Fitted"),
                    ("faulty", "Faulty, came back"),
                    ("at_maker", "With the maker"),
                    ("scrapped", "Scrapped"),
                    ("missing", "Missing since a count"),
                ],
                default="in_stock",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddIndex(
            model_name="stockitem",
            index=models.Index(
                condition=models.Q(
                    (
                        "minimum__gt",
                        django.db.models.expressions.CombinedExpression(models.F("on_hand"), "-", models.F("reserved")),
                    )
                ),
                fields=["depot", "part"],
                name="spares_item_short",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("on_hand", 0), ("reserved", 0), _negated=True),
                    ("kind", "count"),
                    models.Q(("kind", "scrap"), ("unit__isnull", False)),
                    _connector="OR",
                ),
                name="spares_movement_moves",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
