// The requests that tools build for the federation endpoint, as they build them, and a browser that reaches the server under
// whatever host they name.
import { request } from 'node:http'
import type { Received, Transport } from '../../src/server/pages/testing/transport.ts'
import type { Keys, TestServer } from './server.ts'

export const publicUrl = 'https://sso.example/hallpass'
export const consoleUrl = `${publicUrl}/console`
export const signInNames = 'signin.aws.amazon.com,*.signin.aws.amazon.com'

/** Sends what is for any host to this server, under that host's name. */
export const toServer =
  ({ port }: Pick<TestServer, 'port'>): Transport =>
  ({ method, url, headers, body }) =>
    new Promise<Received>((resolve, reject) => {
      const sent = request(
        { port, host: '127.0.0.1', method, path: url.pathname + url.search, headers: { ...headers, host: url.host } },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            const received = new Headers()
            for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) {
              received.append(answer.rawHeaders[at] ?? '', answer.rawHeaders[at + 1] ?? '')
            }
            resolve({ status: answer.statusCode ?? 0, headers: received, text: Buffer.concat(chunks).toString() })
          })
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })

export const sessionText = ({ accessKeyId, secretAccessKey, sessionToken }: Keys) =>
  JSON.stringify({ sessionId: accessKeyId, sessionKey: secretAccessKey, sessionToken })

/** As Go's url.Values and QueryEscape write them. */
const encoded = (parameters: Readonly<Record<string, string>>) => new URLSearchParams(parameters).toString()
const escaped = (text: string) => encoded({ x: text }).slice(2)

export interface Tool {
  readonly name: string
  readonly getSignInToken: (keys: Keys) => string
  readonly login: (token: string) => string
}

const aws = 'https://signin.aws.amazon.com/federation'
const formatted = (issuer: string, destination: string) => (token: string) =>
  `${aws}?Action=login&Issuer=${escaped(issuer)}&Destination=${escaped(destination)}&SigninToken=${escaped(token)}`
const asked = (keys: Keys) => `${aws}?${encoded({ Action: 'getSigninToken', Session: sessionText(keys) })}`

export const tools: readonly Tool[] = [
  {
    name: 'aws-vault',
    getSignInToken: asked,
    login: formatted('aws-vault', 'https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1'),
  },
  { name: 'saml2aws', getSignInToken: asked, login: formatted('saml2aws', 'https://console.aws.amazon.com/') },
  {
    name: 'Granted',
    getSignInToken: (keys) =>
      `https://eu-west-1.signin.aws.amazon.com/federation?${encoded({ Action: 'getSigninToken', Session: sessionText(keys) })}`,
    // Sorted by name, and an Issuer that is empty.
    login: (SigninToken) => {
      const Destination = 'https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1'
      const query = encoded({ Action: 'login', Destination, Issuer: '', SigninToken })
      return `https://eu-west-1.signin.aws.amazon.com/federation?${query}`
    },
  },
  {
    name: 'aws-sso-cli',
    getSignInToken: (keys) =>
      `${aws}?Action=getSigninToken&SessionDuration=43200&Session=${escaped(sessionText(keys))}`,
    login: formatted(
      'https://github.com/synfinatic/aws-sso-cli',
      'https://console.aws.amazon.com/console/home?region=us-east-1',
    ),
  },
]
