// Credentials as programs take them, with where this server's APIs are (AWS SDKs and Tools Reference Guide, "Environment
// variables support" and "Shared config and credentials files").
import { sectionText } from '../../client/aws-files.ts'
import { endpointSettings, endpointVariables, otherEndpoints, servicesSection } from '../../client/endpoints.ts'

export interface ShownCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** A word for a profile. */
  readonly profile: string
  readonly apiUrl: string | undefined
}

export interface CredentialForm {
  readonly id: string
  readonly name: string
  /** What to do with it. */
  readonly says: string
  readonly text: (credentials: ShownCredentials) => string
}

/** A region for clients that want one; the server takes any. */
const region = 'us-east-1'

const variables = ({ accessKeyId, secretAccessKey, sessionToken, apiUrl }: ShownCredentials) => [
  ...[
    ['AWS_ACCESS_KEY_ID', accessKeyId],
    ['AWS_SECRET_ACCESS_KEY', secretAccessKey],
    ['AWS_SESSION_TOKEN', sessionToken],
    ['AWS_REGION', region],
    ['AWS_DEFAULT_REGION', region],
  ],
  ...(apiUrl === undefined ? [] : endpointVariables(apiUrl)),
]

/** Variables that would win over these. */
const others = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', ...otherEndpoints]

const lines = (credentials: ShownCredentials, line: (name: string, value: string) => string) =>
  variables(credentials).map(([name = '', value = '']) => line(name, value))

export const credentialForms: readonly CredentialForm[] = [
  {
    ...{ id: 'bash', name: 'bash, zsh', says: 'Paste it into a shell.' },
    text: (credentials) =>
      [`unset ${others.join(' ')}`, ...lines(credentials, (name, value) => `export ${name}='${value}'`)].join('\n'),
  },
  {
    ...{ id: 'powershell', name: 'PowerShell', says: 'Paste it into PowerShell.' },
    text: (credentials) =>
      [
        `Remove-Item -ErrorAction Ignore ${others.map((name) => `Env:${name}`).join(', ')}`,
        ...lines(credentials, (name, value) => `$Env:${name} = '${value}'`),
      ].join('\n'),
  },
  {
    ...{ id: 'fish', name: 'fish', says: 'Paste it into fish.' },
    text: (credentials) =>
      [`set -e ${others.join(' ')}`, ...lines(credentials, (name, value) => `set -gx ${name} '${value}'`)].join('\n'),
  },
  {
    ...{ id: 'profile', name: 'AWS CLI profile', says: 'Add it to ~/.aws/config, then use the profile.' },
    text({ accessKeyId, secretAccessKey, sessionToken, profile, apiUrl }) {
      const settings = {
        ...{ aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, aws_session_token: sessionToken },
        region,
        ...(apiUrl === undefined ? {} : endpointSettings(apiUrl)),
      }
      const sections: (readonly [string, Readonly<Record<string, string>>])[] = [
        [`profile ${profile}`, settings],
        ...(apiUrl === undefined ? [] : [servicesSection(apiUrl)]),
      ]
      return sections.map(([name, section]) => sectionText(name, section).trim()).join('\n\n')
    },
  },
  {
    ...{ id: 'env', name: '.env file', says: 'Keep the file out of version control.' },
    text: (credentials) => lines(credentials, (name, value) => `${name}=${value}`).join('\n'),
  },
]
