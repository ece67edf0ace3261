"""Chain the trail: each entry gets a number and a hash over the one before it, those that stand already first."""

import django.db.models.deletion
from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION audit_canonical(number bigint, entry audit_entry) RETURNS text LANGUAGE sql AS $$
    SELECT json_build_array(
        number, entry.id, to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), entry.actor_id,
        entry.act, entry.subject, entry.detail::text, host(entry.address))::text
$$;

CREATE FUNCTION audit_append(entry audit_entry) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last audit_link;
    number bigint;
BEGIN
    -- Writers queue here, from their commit's beginning to its end only.
    PERFORM pg_advisory_xact_lock(hashtext('audit.chain'));
    SELECT * INTO last FROM audit_link ORDER BY seq DESC LIMIT 1;
    number := coalesce(last.seq, 0) + 1;
    INSERT INTO audit_link (seq, entry_id, hash) VALUES (
        number, entry.id,
        sha256(coalesce(last.hash, '') || convert_to(audit_canonical(number, entry), 'UTF8')));
END $$;

CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM audit_append(NEW);
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER audit_entry_chained AFTER INSERT ON audit_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_chain();
CREATE TRIGGER audit_link_stays BEFORE UPDATE OR DELETE ON audit_link
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_link_stays_whole BEFORE TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
NO_FUNCTIONS = """
DROP TRIGGER audit_link_stays_whole ON audit_link;
DROP TRIGGER audit_link_stays ON audit_link;
DROP TRIGGER audit_entry_chained ON audit_entry;
DROP FUNCTION audit_chain();
DROP FUNCTION audit_append(audit_entry);
DROP FUNCTION audit_canonical(bigint, audit_entry);
"""
EXISTING = "SELECT audit_append(entry) FROM (SELECT * FROM audit_entry ORDER BY id) AS entry"


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_append_only")]

    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="number")),
                ("hash", models.BinaryField(max_length=32, verbose_name="hash")),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="link",
                        to="audit.entry",
                        verbose_name="audit entry",
                    ),
                ),
            ],
            options={
                "verbose_name": "link of the audit chain",
                "verbose_name_plural": "links of the audit chain",
                "ordering": ("-seq",),
            },
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(EXISTING, migrations.RunSQL.noop),
    ]
