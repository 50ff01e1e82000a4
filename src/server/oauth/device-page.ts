// Where a person types the code of a device (RFC 8628 3.3). By hand: a link that brings its code along would need one careless click.
import { oauthPaths } from '../../wire/sign-in-oauth.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { askForCode, askToAllowDevice, deviceDecided, problem } from './documents.ts'
import { type OauthParts, signedInForm, signInFirst } from './parts.ts'

const wrongCode = 'There is no such code: it is mistyped, too old, or was used. Look at the device again.'
const tooMany = 'Too many wrong codes. Wait a quarter of an hour, and let the device ask anew.'
const tooLate = 'It is too late: the device asked too long ago, or somebody has answered it.'

export function devicePages(parts: OauthParts): readonly Page[] {
  const { devices, people } = parts
  const { site, guard } = parts.browser
  const path = oauthPaths.devicePage
  /** Without networks there are no devices, and no page. */
  const isOff = async () => (await people.table()).deviceNetworks.length === 0
  return [
    {
      method: 'GET',
      path,
      async handle({ exchange, now }) {
        if (await isOff()) return undefined
        const form = await signedInForm(parts, exchange, path, now)
        return form === undefined ? signInFirst(parts, pathIn(site, path), now) : askForCode(site, form)
      },
    },
    {
      ...{ method: 'POST', path, guard, fields: ['code', 'request', 'answer'] },
      async handle({ exchange, now }, fields) {
        if (await isOff()) return undefined
        const form = await signedInForm(parts, exchange, path, now)
        if (form === undefined) return problem(site, exchange, 'You are not signed in any more. Begin again.')
        const id = fields.get('request')
        if (id !== undefined) {
          const isAllowed = fields.get('answer') === 'allow'
          const isDecided = await devices.decide(form.signIn, id, isAllowed, now)
          return isDecided ? deviceDecided(site, isAllowed) : problem(site, exchange, tooLate)
        }
        const found = await devices.find(form.signIn, fields.get('code') ?? '', now)
        if (found === 'unknown') return askForCode(site, form, wrongCode)
        if (found === 'too-many') return askForCode(site, form, tooMany)
        return askToAllowDevice(site, exchange, form, found, now)
      },
    },
  ]
}
