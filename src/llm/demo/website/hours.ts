export type HoursName = keyof typeof WEEKS

export interface OpeningDay {
  day: string
  /** `HH:MM`, null when closed. */
  opens: string | null
  closes: string | null
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

const WEEKS = {
  morning: ['', '07:00-17:30', '07:00-17:30', '07:00-17:30', '07:00-18:00', '07:30-16:00', '08:00-13:00'],
  day: ['', '10:00-18:00', '10:00-18:00', '10:00-18:00', '10:00-19:00', '10:00-17:00', ''],
  cafe: ['08:00-18:00', '08:00-18:00', '08:00-18:00', '08:00-18:00', '08:00-20:00', '09:00-20:00', '09:00-17:00'],
  evening: ['', '', '18:00-22:30', '18:00-22:30', '18:00-23:30', '17:30-23:30', '12:00-16:00'],
  office: ['09:00-17:00', '09:00-17:00', '09:00-17:00', '09:00-17:00', '09:00-16:00', '', ''],
  training: ['06:30-21:30', '06:30-21:30', '06:30-21:30', '06:30-21:30', '06:30-20:00', '08:00-16:00', '09:00-14:00'],
}

const SPOKEN =
  /\bopen(?:s|ing)?(?: hours?)?:?(?: daily| every day)?(?: from)? (\d{1,2})(?::(\d\d))? ?(am|pm)?(?: to| until| till| ?-| ?–) ?(\d{1,2})(?::(\d\d))? ?(am|pm)?/i

/** The week of a trade; hours that the brief itself names (“open 8 to 5”) win on every day that is not closed. */
export function weekOf(name: HoursName, brief: string): OpeningDay[] {
  const said = hoursIn(brief)
  return WEEKS[name].map((span, at) => {
    const [opens = null, closes = null] = span ? (said ?? span.split('-')) : []
    return { day: DAYS[at]!, opens, closes }
  })
}

function hoursIn(brief: string): [string, string] | undefined {
  const found = brief.match(SPOKEN)
  if (!found) return undefined
  const [, from, fromMinutes, fromHalf, to, toMinutes, toHalf] = found
  const opens = clock(Number(from), fromMinutes, fromHalf)
  const late = toHalf ?? (Number(to) <= Number(from) && !fromHalf ? 'pm' : undefined)
  const closes = clock(Number(to), toMinutes, late)
  return opens < closes && closes <= '23:59' ? [opens, closes] : undefined
}

function clock(hour: number, minutes = '00', half?: string): string {
  const shift = half?.toLowerCase() === 'pm' && hour < 12 ? 12 : 0
  return `${String(hour + shift).padStart(2, '0')}:${minutes}`
}
