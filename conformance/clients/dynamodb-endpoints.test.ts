// How AWS's client finds the gateway: by its environment, and with or without endpoints that have an account's number in their name.
import { deepEqual } from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { DynamoDBClient, type DynamoDBClientConfig, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
import { dynamodbServer, notes, script } from './dynamodb-kit.ts'
import { firstAccount, machineClock } from './server.ts'

const server = await dynamodbServer(undefined, { clock: machineClock() })
const { TableName } = notes
const Item = { writer: { S: 'ann' }, id: { S: '1' } }
script(server.backend, { GetItem: [{ Item }] })

/** Reads the item by a client of this configuration. */
async function read(config: DynamoDBClientConfig) {
  const client = new DynamoDBClient({ region: 'us-east-1', credentials: server.root, ...config })
  try {
    return (await client.send(new GetItemCommand({ TableName, Key: Item }))).Item
  } finally {
    client.destroy()
  }
}

describe('the environment of a program', () => {
  const variables = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
  const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]))
  after(() => {
    for (const name of variables) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  })

  test('AWS_ENDPOINT_URL_DYNAMODB alone leads here', async () => {
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1'
    process.env.AWS_ENDPOINT_URL_DYNAMODB = server.url
    deepEqual(await read({}), Item)
  })

  test('AWS_ENDPOINT_URL and keys do, for a client that is told nothing', async () => {
    delete process.env.AWS_ENDPOINT_URL_DYNAMODB
    process.env.AWS_ENDPOINT_URL = server.url
    process.env.AWS_ACCESS_KEY_ID = server.root.accessKeyId
    process.env.AWS_SECRET_ACCESS_KEY = server.root.secretAccessKey
    const client = new DynamoDBClient({ region: 'us-east-1' })
    const { Item: got } = await DynamoDBDocumentClient.from(client).send(
      new GetCommand({ TableName, Key: { writer: 'ann', id: '1' } }),
    )
    client.destroy()
    deepEqual(got, { writer: 'ann', id: '1' })
  })
})

describe('endpoints by account', () => {
  const { url: endpoint } = server
  const known = { ...server.root, accountId: firstAccount }
  for (const accountIdEndpointMode of ['disabled', 'preferred', 'required'] as const)
    test(`${accountIdEndpointMode}: an endpoint that is given is used`, async () => {
      deepEqual(await read({ endpoint, accountIdEndpointMode, credentials: known }), Item)
      deepEqual(await read({ endpoint, accountIdEndpointMode }), Item)
    })

  test('as clients have it unless they are told', async () => {
    deepEqual(await read({ endpoint, credentials: known }), Item)
  })
})
