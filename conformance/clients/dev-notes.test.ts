// The demonstration's notes, through the whole of `hallpass dev`: a person and a guest read and write their own in the app, by a script-less
// form, and are refused somebody else's; with the same credentials, AWS's client is answered the same; and so is the printed script.
import { deepEqual, doesNotMatch, equal, match, rejects } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { CognitoIdentityClient, GetCredentialsForIdentityCommand, GetIdCommand } from '@aws-sdk/client-cognito-identity'
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { invoke, newPath, serving } from '../../src/cli/testing/world.ts'
import { awsFiles, credentialsOf } from '../../src/client/aws-files.ts'
import { type Browser, browser } from '../../src/server/pages/testing/browser.ts'
import { freePort } from './free-port.ts'
import { keysOf } from './people.ts'
import type { Keys } from './server.ts'

const data = newPath()
const port = await freePort()
const base = `http://localhost:${port}`
const served = await serving('dev', data, {}, ['--listen', `127.0.0.1:${port}`])
after(() => served.stop())

const TableName = 'notes'
const key = (writer: string, id = '1') => ({ writer: { S: writer }, id: { S: id } })
const at = { region: 'us-east-1', endpoint: served.url, maxAttempts: 1 }
const textOf = (html: string) => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')

async function signIn(person: string): Promise<Browser> {
  const user = browser()
  await user.submit(await user.open(`${base}/sign-in`), { person })
  return user
}

/** Presses a button on a page, and answers what is then shown. */
const press = async (user: Browser, path: string, ask: string) =>
  user.submit(await user.open(`${base}${path}`), { ask })

/** What `hallpass why` says of the request that a page names. */
async function whyOf(text: string) {
  const [, id = ''] = /hallpass why ([\w-]{36})/.exec(text) ?? []
  return (await invoke(['why', id, '--data', data])).out
}

describe('a person in the app', () => {
  test('reads what they and everybody have, and writes', async () => {
    const user = await signIn('alice')
    match((await press(user, '/employee', 'own')).text, /Ask carol for a role that may deploy/)
    match((await press(user, '/employee', 'all')).text, /The canteen is closed/)
    const shown = await press(user, '/employee', 'write')
    match(shown.text, /It was written/)
    // The next button stands on the page that the form answered.
    match((await user.submit(shown, { ask: 'own' })).text, /Written in the app\./)
  })
  test('is refused somebody else’s, in DynamoDB’s words, and the operator sees why', async () => {
    const user = await signIn('alice')
    const { status, text } = await press(user, '/employee', 'other')
    equal(status, 200)
    match(text, /Read Bob’s/)
    doesNotMatch(text, /new certificate/)
    match(
      textOf(text),
      /AccessDeniedException .*assumed-role\/employee\/alice is not authorized to perform: dynamodb:Query on resource: arn:aws:dynamodb:us-east-1:111122223333:table\/notes because no identity-based policy allows/,
    )
    const why = await whyOf(text)
    match(why, /dynamodb:Query/)
    match(
      why,
      /OwnNotes\) does not apply:\s+- ForAllValues:StringEquals dynamodb:LeadingKeys wants .*\/idp:sub}; it was bob$/m,
    )
  })
  test('reads no more as somebody else, whatever the form says', async () => {
    const user = await signIn('bob')
    match((await press(user, '/employee', 'own')).text, /new certificate in March/)
    const shown = await user.open(`${base}/employee`)
    equal((await user.send(shown, { ask: 'nothing' })).status, 400)
    equal((await browser().send(shown, { ask: 'own' })).status, 403)
  })
})

describe('a guest in the app', () => {
  test('has an identity with the first question, and keeps it', async () => {
    const user = browser()
    match((await press(user, '/guest', 'own')).text, /There is none yet/)
    match((await press(user, '/guest', 'write')).text, /It was written/)
    match((await press(user, '/guest', 'own')).text, /Written in the app\..*us-east-1:[0-9a-f-]{36}/)
    const another = await press(browser(), '/guest', 'own')
    match(another.text, /There is none yet/)
  })
  test('is refused what people wrote', async () => {
    const { text } = await press(browser(), '/guest', 'other')
    match(textOf(text), /AccessDeniedException .*assumed-role\/guest\//)
    doesNotMatch(text, /role that may deploy/)
    match(await whyOf(text), /wants each of its values to be \$\{cognito-identity\.amazonaws\.com:sub}; it was alice$/m)
  })
})

describe('AWS’s client', () => {
  const client = (credentials: Keys) => {
    const made = new DynamoDBClient({ ...at, credentials })
    after(() => made.destroy())
    return made
  }
  const profile = (name: string) => {
    const { accessKeyId = '', secret } = credentialsOf(awsFiles(data).credentials, name) ?? {}
    return client({ accessKeyId, secretAccessKey: secret?.reveal() ?? '' })
  }
  const refused = { name: 'AccessDeniedException' }

  test('as alice, a user: the printed script', async () => {
    const alice = profile('alice')
    const own = await alice.send(new GetItemCommand({ TableName, Key: key('alice') }))
    equal(own.Item?.text?.S, 'Ask carol for a role that may deploy.')
    await rejects(alice.send(new GetItemCommand({ TableName, Key: key('bob') })), refused)
    match((await invoke(['why', '--last', '--data', data])).out, /values to be \$\{aws:username}; it was bob$/m)
    await rejects(alice.send(new PutItemCommand({ TableName, Item: key('everyone', '2') })), refused)
    await rejects(alice.send(new ScanCommand({ TableName })), refused)
  })

  test('as a user of the identity pool who signed in at the provider', async () => {
    await signIn('carol')
    const pool = /us-east-1:[0-9a-f-]{36}/.exec((await browser().open(`${base}/guest`)).text)?.[0]
    const Logins = { [`localhost:${port}/idp`]: readFileSync(`${data}/aws/carol.jwt`, 'utf8') }
    const cognito = new CognitoIdentityClient(at)
    const { IdentityId = '' } = await cognito.send(new GetIdCommand({ IdentityPoolId: pool, Logins }))
    const { Credentials } = await cognito.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }))
    cognito.destroy()
    const { SecretKey, ...keys } = Credentials ?? {}
    const carol = client(keysOf({ ...keys, SecretAccessKey: SecretKey } as Parameters<typeof keysOf>[0]))
    const Item = { ...key(IdentityId), text: { S: 'Mine.' } }
    await carol.send(new PutItemCommand({ TableName, Item }))
    deepEqual((await carol.send(new GetItemCommand({ TableName, Key: key(IdentityId) }))).Item, Item)
    // Rows of her name are those of another way in.
    await rejects(carol.send(new PutItemCommand({ TableName, Item: key('carol') })), refused)
    const query = {
      TableName,
      KeyConditionExpression: 'writer = :w',
      ExpressionAttributeValues: { ':w': { S: 'everyone' } },
    }
    equal((await carol.send(new QueryCommand(query))).Items?.length, 1)
  })

  test('as ben of the company directory, by a session tag', async () => {
    const { text } = await browser().open(`${base}/`)
    const [, password = ''] = /password is <code>([^<]+)</.exec(text) ?? []
    const proof = { connector: 'example-directory', login: 'ben', password }
    const answer = await fetch(`${base}/broker/credentials`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...proof, role: 'arn:aws:iam::111122223333:role/directory-developer' }),
    })
    const { Credentials } = (await answer.json()) as { Credentials: Parameters<typeof keysOf>[0] }
    const ben = client(keysOf(Credentials))
    await ben.send(new PutItemCommand({ TableName, Item: key('ben') }))
    deepEqual((await ben.send(new GetItemCommand({ TableName, Key: key('ben') }))).Item, key('ben'))
    await rejects(ben.send(new GetItemCommand({ TableName, Key: key('bob') })), refused)
  })
})
