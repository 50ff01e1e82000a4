// What somebody was about to do when they were asked for a second factor: take on a role, or go to a page of ours.
import type { Reply } from '../exchange.ts'
import { type Html, html } from '../pages/html.ts'
import { roleField } from '../pages/role-chooser.ts'
import { pathIn, type Site } from '../pages/site.ts'
import { enterRole } from './enter.ts'
import { nextField } from './next.ts'
import { type PeopleParts, rolesPath } from './parts.ts'
import type { PersonRequest } from './person-page.ts'

export const goalFields = [roleField, nextField] as const

export type Goal = Readonly<Partial<Record<(typeof goalFields)[number], string>>>

/** `sent`: the query or the form that carries it. */
export const goalOf = (sent: { get(name: string): string | null | undefined }): Goal =>
  Object.fromEntries(goalFields.flatMap((name) => (sent.get(name) ? [[name, sent.get(name)]] : [])))

export const hiddenGoal = (goal: Goal): readonly Html[] =>
  Object.entries(goal).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)

/** Leads to a page that carries the goal on. */
export const withGoal = (site: Site, path: string, goal: Goal): Reply => ({
  status: 303,
  headers: ['Location', `${pathIn(site, path)}?${new URLSearchParams(goal as Record<string, string>)}`],
  body: '',
})

/** INVARIANT: a role is decided by the table here as in the chooser, and a page is one that we sealed. */
export async function goOn(parts: PeopleParts, { exchange, mine, now }: PersonRequest, goal: Goal): Promise<Reply> {
  const { [roleField]: role, [nextField]: next } = goal
  if (role !== undefined) return enterRole(parts, exchange, mine, role, false, now)
  const location = parts.next.open(next, now) ?? pathIn(parts.browser.site, rolesPath)
  return { status: 303, headers: ['Location', location], body: '' }
}
