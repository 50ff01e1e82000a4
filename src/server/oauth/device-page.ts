// Where a person types the code of a device (RFC 8628 3.3). By hand: a link that brings its code along would need one careless click.
import { oauthPaths } from '../../wire/sign-in-oauth.ts'
import type { Page } from '../pages/page.ts'
import { pathIn } from '../pages/site.ts'
import { askForCode, askToAllowDevice, deviceDecided, problem } from './documents.ts'
import type { OauthParts } from './parts.ts'

const wrongCode = 'There is no such code: it is mistyped, too old, or was used. Look at the device again.'
const tooMany = 'Too many wrong codes. Wait a quarter of an hour, and let the device ask anew.'

export function devicePages({ site, devices, guard, browserOf, signInFirst, people }: OauthParts): readonly Page[] {
  const path = oauthPaths.devicePage
  /** Without networks there are no devices, and no page. */
  const isOff = async () => (await people.table()).deviceNetworks.length === 0
  return [
    {
      method: 'GET',
      path,
      async handle({ exchange, now }) {
        if (await isOff()) return undefined
        const browser = await browserOf(exchange, now)
        return browser === undefined ? signInFirst(exchange, pathIn(site, path), now) : askForCode(site, browser)
      },
    },
    {
      ...{ method: 'POST', path, guard, fields: ['code', 'request', 'answer'] },
      async handle({ exchange, now }, fields) {
        if (await isOff()) return undefined
        const browser = await browserOf(exchange, now)
        if (browser === undefined) return problem(site, exchange, 'You are not signed in any more. Begin again.')
        const id = fields.get('request')
        if (id !== undefined) {
          const isAllowed = fields.get('answer') === 'allow'
          const isDecided = await devices.decide(browser.signIn, id, isAllowed, now)
          return isDecided
            ? deviceDecided(site, isAllowed)
            : problem(site, exchange, 'It is too late: the device asked too long ago, or somebody has answered it.')
        }
        const found = await devices.find(browser.signIn, fields.get('code') ?? '', now)
        if (found === 'unknown' || found === 'too-many') {
          return askForCode(site, browser, found === 'unknown' ? wrongCode : tooMany)
        }
        return askToAllowDevice(site, exchange, browser, found, now)
      },
    },
  ]
}
