from django.db import migrations, models
import django.db.models.deletion
import django.db.models.functions.text
from django.db.models import F, Q

STATE = [('in_use', 'In use'), ('replaced', 'Replaced'), ('retired', 'Retired')]
EVENT = [('installed', 'Installed'), ('swapped', 'Swapped'), ('moved', 'Moved'), ('upgraded', 'Upgraded'), ('retired', 'Retired')]

FILL = """
UPDATE devices_device AS device
SET maker = model.maker, serial = btrim(serial), state = CASE WHEN is_active THEN 'in_use' ELSE 'retired' END
FROM devices_devicemodel AS model WHERE model.id = device.model_id
"""
VERSIONS = """
INSERT INTO devices_softwareversion (device_id, hospital_id, version, since)
SELECT id, hospital_id, software_version, coalesce(installed_on, accepted_on) FROM devices_device
WHERE software_version <> '' AND coalesce(installed_on, accepted_on) IS NOT NULL
"""
UNFILL = "UPDATE devices_device SET is_active = (state = 'in_use')"

HOLD = """
ALTER TABLE devices_devicemodel ADD CONSTRAINT devices_model_of_maker UNIQUE (id, maker);
ALTER TABLE devices_project ADD CONSTRAINT devices_project_of_hospital UNIQUE (id, hospital_id);
ALTER TABLE devices_device ADD CONSTRAINT devices_device_of_hospital UNIQUE (id, hospital_id);
ALTER TABLE devices_device ADD CONSTRAINT devices_maker_is_its_models
    FOREIGN KEY (model_id, maker) REFERENCES devices_devicemodel (id, maker) ON UPDATE CASCADE;
ALTER TABLE devices_device ADD CONSTRAINT devices_project_is_its_hospitals
    FOREIGN KEY (project_id, hospital_id) REFERENCES devices_project (id, hospital_id);
ALTER TABLE devices_device ADD CONSTRAINT devices_parent_is_its_hospitals
    FOREIGN KEY (parent_id, hospital_id) REFERENCES devices_device (id, hospital_id);
"""
LET_GO = """
ALTER TABLE devices_device DROP CONSTRAINT devices_parent_is_its_hospitals;
ALTER TABLE devices_device DROP CONSTRAINT devices_project_is_its_hospitals;
ALTER TABLE devices_device DROP CONSTRAINT devices_maker_is_its_models;
ALTER TABLE devices_device DROP CONSTRAINT devices_device_of_hospital;
ALTER TABLE devices_project DROP CONSTRAINT devices_project_of_hospital;
ALTER TABLE devices_devicemodel DROP CONSTRAINT devices_model_of_maker;
"""

# One at a time per hospital: two moves that each look harmless could close a ring together.
RING = """
CREATE FUNCTION devices_no_ring() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE above bigint := NEW.parent_id;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('devices.parent'), NEW.hospital_id::integer);
    WHILE above IS NOT NULL LOOP
        IF above = NEW.id THEN
            RAISE EXCEPTION 'device % would hang below itself', NEW.id
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'devices_no_ring';
        END IF;
        SELECT parent_id INTO above FROM devices_device WHERE id = above;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER devices_no_ring AFTER INSERT OR UPDATE OF parent_id ON devices_device
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION devices_no_ring();
"""
NO_RING = """
DROP TRIGGER devices_no_ring ON devices_device;
DROP FUNCTION devices_no_ring();
"""


def hospital():
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.hospital', verbose_name='hospital')


def device(name):
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name=name, to='devices.device', verbose_name='device')


def person():
    return models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.user', verbose_name='by')


class Migration(migrations.Migration):
    """Projects, states, versions and events of devices; what the register promises is held by the database."""

    dependencies = [
        ('attachments', '0001_initial'),
        ('devices', '0002_initial'),
        ('people', '0003_api_tokens_and_replies'),
    ]

    operations = [
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('started_on', models.DateField(blank=True, null=True, verbose_name='implementation started on')),
                ('accepted_on', models.DateField(blank=True, null=True, verbose_name='accepted on')),
                ('hospital', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='projects', to='people.hospital', verbose_name='hospital')),
                ('proof', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='attachments.attachment', verbose_name='acceptance protocol')),
            ],
            options={
                'verbose_name': 'project',
                'verbose_name_plural': 'projects',
                'ordering': ('hospital', 'name'),
                'constraints': [
                    models.UniqueConstraint(fields=('hospital', 'name'), name='devices_project_once_per_hospital'),
                    models.CheckConstraint(condition=Q(('started_on__isnull', True), ('accepted_on__isnull', True), ('accepted_on__gte', F('started_on')), _connector='OR'), name='devices_project_accepted_after_start'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DeviceEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=EVENT, max_length=10, verbose_name='kind')),
                ('on', models.DateField(verbose_name='on')),
                ('at', models.DateTimeField(verbose_name='recorded')),
                ('old', models.JSONField(default=dict, verbose_name='before')),
                ('new', models.JSONField(default=dict, verbose_name='after')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('by', person()),
                ('device', device('events')),
                ('hospital', hospital()),
            ],
            options={
                'verbose_name': 'device event',
                'verbose_name_plural': 'device events',
                'ordering': ('-on', '-id'),
                'indexes': [models.Index(fields=['device', '-on', '-id'], name='devices_events')],
            },
        ),
        migrations.CreateModel(
            name='SoftwareVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=40, verbose_name='version')),
                ('since', models.DateField(verbose_name='since')),
                ('by', person()),
                ('device', device('versions')),
                ('hospital', hospital()),
            ],
            options={
                'verbose_name': 'software version',
                'verbose_name_plural': 'software versions',
                'ordering': ('-since', '-id'),
                'indexes': [models.Index(fields=['device', '-since', '-id'], name='devices_versions')],
            },
        ),
        migrations.AddField('devicemodel', 'discontinued_on', models.DateField(blank=True, null=True, verbose_name='discontinued on')),
        migrations.AddField('device', 'maker', models.CharField(default='', editable=False, max_length=60, verbose_name='maker'), preserve_default=False),
        migrations.AddField('device', 'project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='devices.project', verbose_name='project')),
        migrations.AddField('device', 'replaces', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='devices.device', verbose_name='replaces')),
        migrations.AddField('device', 'state', models.CharField(choices=STATE, default='in_use', max_length=10, verbose_name='state')),
        migrations.RunSQL([FILL, VERSIONS], [UNFILL]),
        migrations.RemoveField('device', 'is_active'),
        migrations.AlterField('device', 'accepted_on', models.DateField(blank=True, help_text='Empty: the day its project was accepted.', null=True, verbose_name='accepted on')),
        migrations.RemoveConstraint('device', 'devices_serial_once_per_model'),
        migrations.RemoveIndex('device', 'devices_by_serial'),
        migrations.AddConstraint('device', models.UniqueConstraint(django.db.models.functions.text.Lower(django.db.models.functions.text.Trim('serial')), django.db.models.functions.text.Lower('maker'), name='devices_serial_once_per_maker')),
        migrations.AddConstraint('device', models.CheckConstraint(condition=~Q(serial=''), name='devices_serial_given')),
        migrations.AddConstraint('device', models.CheckConstraint(condition=~Q(parent=F('id')), name='devices_parent_is_another')),
        migrations.AddIndex('device', models.Index(django.db.models.functions.text.Lower('serial'), name='devices_by_serial')),
        migrations.AddIndex('device', models.Index(fields=['hospital', 'name', 'id'], name='devices_by_hospital')),
        migrations.RunSQL(HOLD, LET_GO),
        migrations.RunSQL(RING, NO_RING),
    ]
