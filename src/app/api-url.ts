// Where people's programs reach the APIs, for the credentials that the console shows.
import type { Settings } from '../config/settings.ts'

/**
 * What the operator says; else what they listen on in development; else the first name of the APIs, under the public URL's
 * scheme and port, since one listener answers for both. Undefined: nobody said, and a guess would send credentials elsewhere.
 */
export function apiUrlOf(
  settings: Pick<Settings, 'api-url' | 'api-names' | 'public-url'>,
  listening: string | undefined,
): string | undefined {
  const { 'api-url': said, 'api-names': names = [], 'public-url': publicUrl } = settings
  if (said !== undefined || listening !== undefined) return said ?? listening
  const name = names.find((one) => !one.startsWith('*.'))
  if (name === undefined || publicUrl === undefined) return undefined
  const url = new URL(publicUrl)
  url.hostname = name
  return url.origin
}
