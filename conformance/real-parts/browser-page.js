// What an application's page does with the AWS SDK, with nothing changed but the endpoint. It runs in the browser:
// browser-cors.test.ts calls it by `page.calls`.
import { CognitoIdentityClient, GetCredentialsForIdentityCommand, GetIdCommand } from '@aws-sdk/client-cognito-identity'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromCognitoIdentityPool, fromWebToken } from '@aws-sdk/credential-providers'

const common = (endpoint) => ({ endpoint, region: 'us-east-1', maxAttempts: 1 })

/** What a page can read of an answer, or the code and message of a refusal. */
async function told(work) {
  try {
    const { $metadata, ...answer } = await work()
    return { answer, requestId: $metadata?.requestId, status: $metadata?.httpStatusCode }
  } catch (error) {
    const { name, message, $metadata } = error
    return { refused: name, message, requestId: $metadata?.requestId, status: $metadata?.httpStatusCode }
  }
}

const whoIs = (endpoint, credentials) =>
  new STSClient({ ...common(endpoint), credentials }).send(new GetCallerIdentityCommand({}))

const keysOf = ({ AccessKeyId, SecretAccessKey, SecretKey, SessionToken }) => ({
  accessKeyId: AccessKeyId,
  secretAccessKey: SecretAccessKey ?? SecretKey,
  sessionToken: SessionToken,
})

globalThis.calls = {
  whoIs: ({ endpoint, credentials }) => told(() => whoIs(endpoint, credentials)),

  /** The enhanced flow by hand, as a guest or with logins; then a signed call. */
  identity: ({ endpoint, IdentityPoolId, Logins }) =>
    told(async () => {
      const cognito = new CognitoIdentityClient(common(endpoint))
      const { IdentityId } = await cognito.send(new GetIdCommand({ IdentityPoolId, Logins }))
      const { Credentials } = await cognito.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }))
      return whoIs(endpoint, keysOf(Credentials))
    }),

  /** The same by the SDK's own provider. */
  pool: ({ endpoint, identityPoolId, logins }) =>
    told(() =>
      whoIs(
        endpoint,
        fromCognitoIdentityPool({ identityPoolId, logins, clientConfig: common(endpoint), userIdentifier: 'page' }),
      ),
    ),

  /** Exchanges a token of the page's own sign-in for a role's session; then a signed call. */
  webIdentity: ({ endpoint, RoleArn, WebIdentityToken }) =>
    told(async () => {
      const sts = new STSClient(common(endpoint))
      const command = new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: 'page', WebIdentityToken })
      const { Credentials } = await sts.send(command)
      return whoIs(endpoint, keysOf(Credentials))
    }),

  webToken: ({ endpoint, roleArn, webIdentityToken }) =>
    told(() =>
      whoIs(
        endpoint,
        fromWebToken({ roleArn, webIdentityToken, roleSessionName: 'page', clientConfig: common(endpoint) }),
      ),
    ),

  /** A bare request: whether the page may read its answer. */
  readable: async ({ url, body }) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(body) }).then(
      ({ status }) => status,
      () => 'closed',
    ),
}
document.title = 'ready'
