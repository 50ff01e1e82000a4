// A person reads of a second factor that was set up for them lately: if it was somebody else, they are the first to know.
import type { SignIn } from '../../service/contracts/sign-ins.ts'
import { factorOf } from '../../service/people/factors/factors.ts'
import { type Html, html } from '../pages/html.ts'
import type { PeopleParts } from './parts.ts'

const toldMs = 14 * 86_400_000

export async function factorNote({ factors }: PeopleParts, signIn: SignIn, now: Date): Promise<Html | readonly []> {
  const factor = await factorOf(factors, signIn)
  if (factor === undefined || now.getTime() - factor.createdAt > toldMs) return []
  const day = new Date(factor.createdAt).toISOString().slice(0, 10)
  return html`<div class="note"><p>A second factor was set up for you on ${day}. If it was not you, tell the people who run this server now.</p></div>`
}
