// What the settings say about listening: checked as a whole before anything is made.
import type { Settings } from '../config/settings.ts'
import { rootProblem } from '../core/root-key.ts'
import type { Hosts } from '../server/hosts.ts'
import { noProxies, type Proxies, trustedProxies } from '../server/proxies.ts'
import { mayListen } from '../server/tls.ts'
import { Failure } from './failure.ts'
import { hostsOf } from './host-roles.ts'

/** Which proxies are trusted about a client's address, and which host names the server answers under. */
export interface Listening {
  readonly proxies: Proxies
  readonly names: Hosts
}

/**
 * What the settings say about listening, together. Called before anything is made.
 * @throws Failure with a line for each mistake
 */
export function listeningOf(settings: Settings): Listening {
  const tls = settings['tls-cert'] !== undefined
  const proxies = proxiesOf(settings)
  const names = hostsOf(settings)
  const problems = [
    mayListen({ host: settings.listen.host, tls, trustedProxies: proxies !== noProxies }).refused,
    tls === (settings['tls-key'] !== undefined) ? undefined : 'tls-cert and tls-key must be given together',
    'invalid' in names ? `${conflictingSetting(settings)}: ${names.invalid}` : undefined,
    settings['signin-names'] !== undefined && settings['public-url'] === undefined
      ? 'signin-names lead to the public URL: set public-url too'
      : undefined,
    rootProblem({
      account: settings['root-account-id'],
      accessKeyId: settings['root-access-key-id'],
      secret: settings['root-secret-access-key'],
    }),
  ].filter((problem) => problem !== undefined)
  if (problems.length > 0 || 'invalid' in names) throw new Failure(problems.join('\n'), 2)
  return { proxies, names }
}

/** The setting whose host names conflict with the others. */
const conflictingSetting = (settings: Settings) =>
  'invalid' in hostsOf({ ...settings, 'signin-names': undefined }) ? 'api-names' : 'signin-names'

function proxiesOf(settings: Settings): Proxies {
  const listed = settings['trusted-proxies']
  if (listed === undefined) return noProxies
  const proxies = trustedProxies(listed)
  if ('invalid' in proxies) throw new Failure(`trusted-proxies: ${proxies.invalid}`)
  return proxies
}
