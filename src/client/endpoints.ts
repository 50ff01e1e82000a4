// How AWS's clients are told where Hallpass is: variables and settings of profiles (AWS SDKs and Tools Reference Guide,
// "Service-specific endpoints").
//
// INVARIANT: whatever names an endpoint names STS's as well. The Go SDK (and what is built with it: Terraform, rclone) asks
// STS for a role's or a web identity's credentials by the endpoint of STS alone; without one it asks AWS, and sends the
// web identity token there.

/** Variables that send every client to `url`. */
export const endpointVariables = (url: string): readonly (readonly [string, string])[] => [
  ['AWS_ENDPOINT_URL', url],
  ['AWS_ENDPOINT_URL_STS', url],
]

/** Variables that win over an endpoint that is set, in the environment or in a profile, or turn it off. */
export const otherEndpoints = [
  'AWS_ENDPOINT_URL_IAM',
  'AWS_ENDPOINT_URL_ORGANIZATIONS',
  'AWS_ENDPOINT_URL_COGNITO_IDENTITY',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
]

const section = 'hallpass'

/** What a profile has to say. */
export const endpointSettings = (url: string) => ({ endpoint_url: url, services: section })

/** The section of the config file that such profiles name; a nested setting is `outer.inner`. */
export const servicesSection = (url: string): readonly [string, Readonly<Record<string, string>>] => [
  `services ${section}`,
  Object.fromEntries(
    ['sts', 'iam', 'organizations', 'cognito_identity'].map((service) => [`${service}.endpoint_url`, url]),
  ),
]
