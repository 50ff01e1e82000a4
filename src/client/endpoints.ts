// How AWS's clients are told where Hallpass is: variables and settings of profiles (AWS SDKs and Tools Reference Guide,
// "Service-specific endpoints").
//
// INVARIANT: whatever names an endpoint names STS's as well. The Go SDK (and what is built with it: Terraform, rclone) asks
// STS for a role's or a web identity's credentials by the endpoint of STS alone; without one it asks AWS, and sends the
// web identity token there.
import { serviceNames } from '../wire/services.ts'

/** The services as names of settings and variables spell them. */
const identifiers = serviceNames.map((name) => name.replaceAll('-', '_'))

/** Variables that send every client to `url`. */
export const endpointVariables = (url: string): readonly (readonly [string, string])[] => [
  ['AWS_ENDPOINT_URL', url],
  ['AWS_ENDPOINT_URL_STS', url],
]

/** Variables that win over an endpoint that is set, in the environment or in a profile, or turn it off. */
export const otherEndpoints = [
  ...identifiers.filter((id) => id !== 'sts').map((id) => `AWS_ENDPOINT_URL_${id.toUpperCase()}`),
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
]

const section = 'hallpass'

/** What a profile has to say. */
export const endpointSettings = (url: string) => ({ endpoint_url: url, services: section })

/** The section of the config file that such profiles name; a nested setting is `outer.inner`. */
export const servicesSection = (url: string): readonly [string, Readonly<Record<string, string>>] => [
  `services ${section}`,
  Object.fromEntries(identifiers.map((id) => [`${id}.endpoint_url`, url])),
]
