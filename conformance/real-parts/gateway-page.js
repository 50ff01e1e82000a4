// What an application's page does with the AWS SDK and tables behind Hallpass, with nothing changed but the endpoint. It runs in the
// browser: gateway-browser.test.ts calls it by `calls`.
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { fromCognitoIdentityPool, fromWebToken } from '@aws-sdk/credential-providers'
import { SignatureV4 } from '@smithy/signature-v4'

const common = (endpoint) => ({ endpoint, region: 'us-east-1', maxAttempts: 1 })

const commands = {
  BatchGetItem: BatchGetItemCommand,
  DeleteItem: DeleteItemCommand,
  ExecuteStatement: ExecuteStatementCommand,
  GetItem: GetItemCommand,
  PutItem: PutItemCommand,
  Query: QueryCommand,
  Scan: ScanCommand,
  UpdateItem: UpdateItemCommand,
}

/** What a page can read of an answer, or the code and message of a refusal. */
async function told(work) {
  try {
    const { $metadata, ...answer } = await work()
    return { answer, requestId: $metadata?.requestId }
  } catch (error) {
    const { name, message, $metadata } = error
    return { refused: name, message, requestId: $metadata?.requestId, status: $metadata?.httpStatusCode }
  }
}

globalThis.calls = {
  /** Credentials of an identity pool, by the SDK's own provider; as a guest without `logins`. */
  async pool({ endpoint, identityPoolId, logins }) {
    const clientConfig = common(endpoint)
    const provide = fromCognitoIdentityPool({
      identityPoolId,
      logins,
      clientConfig,
      userIdentifier: crypto.randomUUID(),
    })
    const { accessKeyId, secretAccessKey, sessionToken, identityId } = await provide()
    return { accessKeyId, secretAccessKey, sessionToken, identityId }
  },

  /** Credentials for a token of a provider, by the SDK's own provider. */
  async webToken({ endpoint, roleArn, webIdentityToken, providerId }) {
    const given = { roleArn, webIdentityToken, providerId, roleSessionName: 'page' }
    const { accessKeyId, secretAccessKey, sessionToken } = await fromWebToken({
      ...given,
      clientConfig: common(endpoint),
    })()
    return { accessKeyId, secretAccessKey, sessionToken }
  },

  /** An operation of DynamoDB. */
  ask: ({ endpoint, credentials, operation, input }) =>
    told(async () => {
      const client = new DynamoDBClient({ ...common(endpoint), credentials })
      return client.send(new commands[operation](input))
    }),

  /** The same, presigned: credentials, token and signature stand in the query. Answers status, body and headers that the page may read. */
  async presigned({ endpoint, credentials, operation, input, sent = input }) {
    const { protocol, hostname, port, host } = new URL(endpoint)
    const { sha256 } = new DynamoDBClient(common(endpoint)).config
    const signer = new SignatureV4({ service: 'dynamodb', region: 'us-east-1', credentials, sha256 })
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` }
    const { query } = await signer.presign(
      {
        ...{ method: 'POST', protocol, hostname, port: Number(port), path: '/', query: {} },
        ...{ headers: { host, ...headers }, body: JSON.stringify(input) },
      },
      { expiresIn: 60, unhoistableHeaders: new Set(['x-amz-target']) },
    )
    const url = `${endpoint}/?${new URLSearchParams(query)}`
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(sent) })
    return {
      ...{ url, status: response.status, body: await response.json() },
      readable: [...response.headers.keys()],
    }
  },
}
document.title = 'ready'
