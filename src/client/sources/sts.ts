// Credentials by STS: of AssumeRole or GetSessionToken with a key, of AssumeRoleWithWebIdentity with a token from a file.
import { parseArn } from '../../core/arn.ts'
import type { Credentials } from '../aws-files.ts'
import { callQuery, textOf } from '../aws-query.ts'
import {
  type CredentialSource,
  isPassing,
  NoAnswer,
  type SourceCredentials,
  SourceRefused,
} from '../credential-source.ts'
import { fileText } from '../text-file.ts'
import type { StsParameters } from './sts-parameters.ts'

/** Where STS is. */
export interface StsEndpoint {
  readonly endpoint: URL
  readonly region: string
  readonly clock: () => Date
  /** PEM of certificate authorities to trust instead of the system's; asked for each time. */
  readonly ca?: () => string
}

/** A call that a key signs. `key` is asked for each time: it may be temporary itself. */
export const keySource = (
  sts: StsEndpoint,
  key: () => Credentials | Promise<Credentials>,
  parameters: StsParameters,
): CredentialSource => ({
  name: nameOf(sts, parameters),
  fetch: async (signal) => ask(sts, parameters, await key(), signal),
})

/** The longest that is read of a token's file, in characters: STS takes none that is longer. */
const longestToken = 20_000

/** The token is read each time: whoever writes the file renews it. */
export const webIdentitySource = (sts: StsEndpoint, file: string, parameters: StsParameters): CredentialSource => ({
  name: nameOf(sts, parameters),
  async fetch(signal) {
    const token = fileText(file).trim()
    if (token === '') throw new NoAnswer(`${file} is empty: it should hold a web identity token`)
    if (token.length > longestToken) throw new NoAnswer(`${file} is too long to be a web identity token`)
    return ask(sts, { ...parameters, WebIdentityToken: token }, undefined, signal)
  },
})

const nameOf = ({ endpoint }: StsEndpoint, { Action, RoleArn }: StsParameters) =>
  `${Action}${RoleArn === undefined ? '' : ` of ${RoleArn}`} at ${endpoint.origin}`

/** @throws SourceRefused, NoAnswer, with the service's message and nothing of a credential */
async function ask(
  { endpoint, region, clock, ca }: StsEndpoint,
  parameters: StsParameters,
  credentials: Credentials | undefined,
  signal: AbortSignal,
): Promise<SourceCredentials> {
  const answer = await callQuery({
    ...{ endpoint, version: '2011-06-15', parameters, signal },
    ...(credentials === undefined ? {} : { credentials, region, service: 'sts', now: clock() }),
    ...(ca !== undefined && endpoint.protocol === 'https:' ? { ca: ca() } : {}),
  })
  if ('failed' in answer) throw new NoAnswer(`${endpoint.origin} did not answer: ${answer.failed}`)
  if ('refused' in answer) {
    const { refused, message, status, requestId } = answer
    const id = requestId === undefined ? '' : ` (request ${requestId})`
    const says = `${parameters.Action}: ${refused}: ${message}${id}`
    // What has expired is not refused: the next token, or key, may be there in a moment, and what the last one brought is still good.
    throw isPassing(status, refused) || /^ExpiredToken/.test(refused)
      ? new NoAnswer(says)
      : new SourceRefused(refused, says)
  }
  const [accessKeyId, secretAccessKey, sessionToken, end] = [
    'AccessKeyId',
    'SecretAccessKey',
    'SessionToken',
    'Expiration',
  ].map((name) => textOf(answer.xml, name))
  if (!accessKeyId || !secretAccessKey || !sessionToken || !end)
    throw new NoAnswer(`${endpoint.origin} answered without credentials`)
  const { RoleArn: roleArn } = parameters
  const accountId = parseArn(textOf(answer.xml, 'Arn') ?? '')?.account
  return {
    ...{ accessKeyId, secretAccessKey, sessionToken, expiration: new Date(end) },
    ...(accountId === undefined ? {} : { accountId }),
    ...(roleArn === undefined ? {} : { roleArn }),
  }
}
