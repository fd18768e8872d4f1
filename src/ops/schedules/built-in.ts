import type { NewSchedule } from '../../jobs/schedules.ts'

/** The schedules that come with Hearth, in the time zone of the machine. */
export function builtInSchedules(): (NewSchedule & { id: string })[] {
  const { timeZone: timezone } = new Intl.DateTimeFormat().resolvedOptions()
  const nightly = { timezone, input: {}, missed: 'once' as const }
  return [
    { id: 'backup', name: 'Backup', kind: 'backup', cron: '30 3 * * *', ...nightly, input: { keep: 7 } },
    { id: 'retention', name: 'Thin out the log', kind: 'retention', cron: '15 4 * * *', ...nightly },
    { id: 'attempts', name: 'Clear away attempts', kind: 'attempts', cron: '45 4 * * *', ...nightly },
    { id: 'purge', name: 'Empty the trash', kind: 'purge', cron: '0 5 * * *', ...nightly },
    { id: 'collection', name: 'Remove unused contents', kind: 'collection', cron: '15 5 * * *', ...nightly },
  ]
}
