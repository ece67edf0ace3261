"""Clocks of which one runs for each value of a detail: for each request for parts."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sla', '0008_urgent_response'),
    ]

    operations = [
        migrations.AddField(
            model_name='commitment',
            name='per',
            field=models.CharField(blank=True, help_text='A detail of the facts that tells clocks apart which run side by side: request.', max_length=24, verbose_name='one clock for each'),
        ),
        migrations.AddField(
            model_name='deadline',
            name='subject',
            field=models.CharField(blank=True, help_text='The value of the detail that its commitment names: 12.', max_length=24, verbose_name='for'),
        ),
        migrations.AlterField(
            model_name='commitment',
            name='expiry_fact',
            field=models.CharField(blank=True, choices=[('notified', 'Fault notified'), ('receipt', 'Automatic receipt sent'), ('responded', 'First substantive answer'), ('updated', 'Update the hospital can see'), ('remote_failed', 'Remote repair declared failed'), ('departed', 'Engineer departed'), ('arrived', 'Engineer arrived on site'), ('part_needed', 'Spare part requested'), ('part_shipped', 'Spare part handed to the carrier'), ('part_delivered', 'Spare part signed for at the site'), ('part_cancelled', 'Spare part request withdrawn'), ('solved', 'Solved'), ('closed', 'Closed'), ('cancelled', 'Withdrawn'), ('reopened', 'Reopened'), ('complained', 'Complaint received'), ('complaint_answered', 'Complaint answered'), ('paused', 'Clocks paused'), ('resumed', 'Clocks resumed'), ('terms_changed', 'Terms changed'), ('calendar_changed', 'Calendar changed'), ('retargeted', 'Target set by a manager'), ('acknowledged', 'Page acknowledged'), ('evidence_confirmed', 'Late evidence confirmed'), ('evidence_rejected', 'Late evidence rejected'), ('remote_limit_passed', 'Remote limit ran out'), ('fix_limit_passed', 'Time to fix on site ran out')], max_length=24, verbose_name='fact when it runs out'),
        ),
        migrations.AlterField(
            model_name='fact',
            name='kind',
            field=models.CharField(choices=[('notified', 'Fault notified'), ('receipt', 'Automatic receipt sent'), ('responded', 'First substantive answer'), ('updated', 'Update the hospital can see'), ('remote_failed', 'Remote repair declared failed'), ('departed', 'Engineer departed'), ('arrived', 'Engineer arrived on site'), ('part_needed', 'Spare part requested'), ('part_shipped', 'Spare part handed to the carrier'), ('part_delivered', 'Spare part signed for at the site'), ('part_cancelled', 'Spare part request withdrawn'), ('solved', 'Solved'), ('closed', 'Closed'), ('cancelled', 'Withdrawn'), ('reopened', 'Reopened'), ('complained', 'Complaint received'), ('complaint_answered', 'Complaint answered'), ('paused', 'Clocks paused'), ('resumed', 'Clocks resumed'), ('terms_changed', 'Terms changed'), ('calendar_changed', 'Calendar changed'), ('retargeted', 'Target set by a manager'), ('acknowledged', 'Page acknowledged'), ('evidence_confirmed', 'Late evidence confirmed'), ('evidence_rejected', 'Late evidence rejected'), ('remote_limit_passed', 'Remote limit ran out'), ('fix_limit_passed', 'Time to fix on site ran out')], max_length=24, verbose_name='what'),
        ),
    ]
