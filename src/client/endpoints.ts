// The variables and profile settings that send AWS's clients to Hallpass (AWS SDKs and Tools Reference Guide,
// "Service-specific endpoints").
//
// INVARIANT: whatever sets an endpoint sets STS's as well. For a role's or a web identity's credentials the Go SDK (and what
// is built with it: Terraform, rclone) reads only the endpoint of STS; without one it calls AWS, and sends the web identity
// token there.
import { forwardedOf, serviceNames } from '../wire/services.ts'

/**
 * The services as names of settings and variables spell them: those that every server answers. What it may pass on is found by the
 * endpoint of all services, and a backend that somebody names for itself stays as it is.
 */
const identifiers = serviceNames
  .filter((name) => forwardedOf(name) === undefined)
  .map((name) => name.replaceAll('-', '_'))

/** Variables that send every client to `url`. */
export const endpointVariables = (url: string): readonly (readonly [string, string])[] => [
  ['AWS_ENDPOINT_URL', url],
  ['AWS_ENDPOINT_URL_STS', url],
]

/** What the environment says about where a service is. */
export const endpointIn = (
  environment: Readonly<Record<string, string | undefined>>,
  service: 'sts' | 'rolesanywhere',
): string | undefined =>
  environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || environment.AWS_ENDPOINT_URL || undefined

/** Undefined: it is no URL that is asked. */
export function httpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) ? url : undefined
}

/** Variables that override an endpoint set in the environment or in a profile, or make clients ignore it. */
export const otherEndpoints = [
  ...identifiers.filter((id) => id !== 'sts').map((id) => `AWS_ENDPOINT_URL_${id.toUpperCase()}`),
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
]

/** The settings that a profile needs; `section`: the name of the `services` section that it names. */
export const endpointSettings = (url: string, section = 'hallpass') => ({ endpoint_url: url, services: section })

/** That section of the config file; a nested setting is `outer.inner`. */
export const servicesSection = (
  url: string,
  section = 'hallpass',
): readonly [string, Readonly<Record<string, string>>] => [
  `services ${section}`,
  Object.fromEntries(identifiers.map((id) => [`${id}.endpoint_url`, url])),
]
