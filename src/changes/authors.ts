import { emailsOf } from '../accounts/accounts.ts'
import type { Reader } from '../db/open.ts'

/** Who made a change. */
export interface Author {
  kind: 'person' | 'agent' | 'system'
  /** An address; of an agent or the system, Hearth. */
  name: string
}

const PERSON = 'person:'

/** How the authors of changes are called. */
export async function authorsCalled(read: Reader, authors: string[]): Promise<(by: string) => Author> {
  const people = [...new Set(authors.filter((by) => by.startsWith(PERSON)).map((by) => by.slice(PERSON.length)))]
  const emails = await emailsOf(read, people)
  return (by) => {
    if (by.startsWith('job:')) return { kind: 'agent', name: 'Hearth' }
    if (!by.startsWith(PERSON)) return { kind: 'system', name: 'Hearth' }
    return { kind: 'person', name: emails.get(by.slice(PERSON.length)) || 'the owner' }
  }
}
