from typing import Any

from django.db import migrations, models


def ask(apps: Any, schema_editor: Any) -> None:
    """A7: a port fault, and a part with a backup or a hot-swap one, which is handled like it."""
    classes = apps.get_model("tickets", "FaultClass").objects.using(schema_editor.connection.alias)
    classes.filter(code__in=("port", "hardware_redundant")).update(asks_for_part=True)


class Migration(migrations.Migration):
    dependencies = [
        ("spares", "0002_ledger_kept"),
        ("tickets", "0018_unused_parts"),
    ]

    operations = [
        migrations.AddField(
            model_name="faultclass",
            name="asks_for_part",
            field=models.BooleanField(default=False, verbose_name="its script ends in a spare part"),
        ),
        migrations.AddField(
            model_name="faultclass",
            name="parts",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="spares.part", verbose_name="parts that the script replaces"
            ),
        ),
        migrations.RunPython(ask, migrations.RunPython.noop),
    ]
