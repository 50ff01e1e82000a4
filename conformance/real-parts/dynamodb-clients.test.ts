// DynamoDB through the gateway as it ships, by AWS's clients as they ship: boto3, the AWS CLI 1 and 2, the SDKs for Go and Java. Each
// goes to two backends, one in either region: moto with the credentials of AssumeRole, dynalite with those of a token in a file. Neither
// backend verifies anything, so that a verifier of the gateway's signature stands before each.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import { verifyingBackend } from '../../src/server/gateway/testing/verifying-backend.ts'
import { described, notes, script, startDynalite } from '../clients/dynamodb-kit.ts'
import { folder } from '../clients/folder.ts'
import { allow, keysOf, person, policy, role } from '../clients/people.ts'
import { register, testIdp } from '../clients/web-identity-servers.ts'
import { few, further, items, rows } from './dynamodb-commands.ts'
import { startMoto } from './moto-server.ts'
import { describeWith, partPath } from './part.ts'
import { type Ended, environmentOf, program, runProgram } from './real.ts'
import { account, serve } from './served.ts'

type Environment = Record<string, string>
/** Runs a client: it does what `what` is called in all of them, and answers what it saw. */
type Ask = (what: 'items' | 'few' | 'further' | 'rows', table: string, env: Environment) => Promise<object>

const keyOf = { 'us-east-1': 'MOTOKEY', 'eu-west-1': 'DYNALITEKEY', 'eu-north-1': 'SCRIPTKEY' }
type Region = keyof typeof keyOf
const secret = 'only-the-gateway-knows-this'
const verified = (region: Region) => ({ keys: { [keyOf[region]]: secret }, region, now: () => new Date() })

const moto = await startMoto(partPath('MOTO'), verified('us-east-1'))
const dynalite = await verifyingBackend({ ...verified('eu-west-1'), before: await startDynalite() })
const scripted = await verifyingBackend(verified('eu-north-1'))
after(() => Promise.all([dynalite.close(), scripted.close()]))

const files = folder()
const backends = Object.entries({ 'us-east-1': moto, 'eu-west-1': dynalite, 'eu-north-1': scripted }).map(
  ([region, { url }]) => {
    const credentials = `${region}-keys`
    const id = keyOf[region as Region]
    writeFileSync(join(files, credentials), `[default]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`, {
      mode: 0o600,
    })
    return { name: region, service: 'dynamodb', endpoint: url, accounts: [account], regions: [region], credentials }
  },
)
writeFileSync(join(files, 'backends.yaml'), JSON.stringify({ backends }))

const home = folder()
mkdirSync(join(home, '.aws'))
const tokenFile = join(home, 'token')
const key = await newKey()
const idp = await testIdp({ keys: [key] })
const issuer = idp.issuer.slice('https://'.length)
const server = await serve({
  providers: [{ issuer: idp.issuer }],
  settings: { 'backends-file': join(files, 'backends.yaml') },
})
const admin = server.as(server.root)
const provider = await register(admin, idp.issuer, ['client'])
writeFileSync(tokenFile, await signToken(idp.issuer, key, new Date(), { claims: { aud: 'client', sub: 'ben' } }))

const trust = policy(
  { Principal: { AWS: account }, Action: ['sts:AssumeRole', 'sts:TagSession'] },
  {
    ...{ Principal: { Federated: provider }, Action: 'sts:AssumeRoleWithWebIdentity' },
    Condition: { StringEquals: { [`${issuer}:sub`]: 'ben' } },
  },
)
const ownRows = (variable: string) => ({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [variable] } })
const roles = {
  all: await role(admin, 'all', trust, { permissions: allow('dynamodb:*') }),
  tagged: await role(admin, 'tagged', trust, {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy's variable
    permissions: allow('dynamodb:*', '*', ownRows('${aws:PrincipalTag/writer}')),
  }),
  subject: await role(admin, 'subject', trust, { permissions: allow('dynamodb:*', '*', ownRows(`\${${issuer}:sub}`)) }),
}
const caller = server.as((await person(admin, 'caller', allow('sts:*'))).keys)

const inRegion = (region: Region): Environment => ({
  ...environmentOf(server.url, home),
  AWS_ENDPOINT_URL_STS: server.url,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
})

/** The environment of a program with a session of AssumeRole, tagged as Ben's. */
async function assumed(RoleArn: string, region: Region): Promise<Environment> {
  const Tags = [{ Key: 'writer', Value: 'ben' }]
  const { Credentials } = await caller.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'job', Tags }))
  const {
    AWS_ACCESS_KEY_ID = '',
    AWS_SECRET_ACCESS_KEY = '',
    AWS_SESSION_TOKEN = '',
  } = environmentOf(server.url, home, keysOf(Credentials))
  return { ...inRegion(region), AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }
}

/** That of a program that has Ben's token in a file. */
const handed = (AWS_ROLE_ARN: string, region: Region): Environment => ({
  ...inRegion(region),
  AWS_ROLE_ARN,
  AWS_ROLE_SESSION_NAME: 'job',
  AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
})

const arnOf = (region: Region, table: string) => `arn:aws:dynamodb:${region}:${account}:table/${table}`

/** `failedWords`: of the item that made a condition fail, which not every backend and client shows. */
const itemFacts = (arn: string, failedWords: string) => ({
  arn,
  read: { words: 'Grüße', count: '42.5' },
  updated: '43.5',
  failed: { code: 'ConditionalCheckFailedException', words: failedWords },
  batch: 3,
  query: ['1', '2', '3'],
  scan: 4,
  removed: 'three',
  missing: 'ResourceNotFoundException',
  tags: 'team=red',
})

const furtherFacts = (failedWords: string) => ({
  transacted: 2,
  cancelled: { codes: ['ConditionalCheckFailed', 'None'], words: failedWords },
  selected: ['changed'],
  until: 'until',
})

const rowFacts = (roleName: string, arn: string) => ({
  own: 'mine',
  refused: {
    code: 'AccessDeniedException',
    message: `User: arn:aws:sts::${account}:assumed-role/${roleName}/job is not authorized to perform: dynamodb:GetItem on resource: ${arn} because no identity-based policy allows the dynamodb:GetItem action`,
  },
  scan: 'AccessDeniedException',
})

/** What every client must do. `program`: one program does it all, and is shown the item that made a condition fail. */
function uses(table: string, ask: Ask, kind: 'program' | 'commands') {
  test('before moto, with credentials of AssumeRole: tables, items, transactions, PartiQL, times to live', async () => {
    const env = await assumed(roles.all, 'us-east-1')
    const words = kind === 'program' ? 'Grüße' : ''
    deepEqual(await ask('items', table, env), itemFacts(arnOf('us-east-1', table), words))
    deepEqual(await ask('further', table, env), furtherFacts(words))
  })

  test('before moto, with a session’s tag: rows of its own, and no one else’s', async () => {
    const env = await assumed(roles.tagged, 'us-east-1')
    deepEqual(await ask('rows', table, env), rowFacts('tagged', arnOf('us-east-1', table)))
  })

  test('before dynalite, with a token in a file: tables and items', async () => {
    const env = handed(roles.all, 'eu-west-1')
    // dynalite does not know ReturnValuesOnConditionCheckFailure.
    const facts = itemFacts(arnOf('eu-west-1', table), '')
    if (kind === 'program') deepEqual(await ask('items', table, env), facts)
    else deepEqual(await ask('few', table, env), { arn: facts.arn, read: facts.read })
  })

  test('before dynalite, by the token’s subject: rows of its own, and no one else’s', async () => {
    const env = handed(roles.subject, 'eu-west-1')
    deepEqual(await ask('rows', table, env), rowFacts('subject', arnOf('eu-west-1', table)))
  })
}

/** A client that checks X-Amz-Crc32 must be given the backend's, which here is that of another body. */
function checks(ask: Ask, told: RegExp) {
  test('an answer with a wrong checksum is refused by the client', async () => {
    script(scripted, {
      GetItem: [{ headers: { 'x-amz-crc32': '1' }, body: JSON.stringify({ Item: { words: { S: 'mine' } } }) }],
      DescribeTable: [described(notes)],
    })
    match(JSON.stringify(await ask('rows', notes.TableName, await assumed(roles.all, 'eu-north-1'))), told)
  })
}

function lineOf({ code, out, err }: Ended): object {
  equal(code, 0, err)
  return JSON.parse(out)
}

const flow = fileURLToPath(new URL('dynamodb_flow.py', import.meta.url))
const boto3 = async (what: string, table: string, env: Environment) =>
  lineOf(await runProgram(program('python3'), [flow, what, table], env))

describe('boto3’s client', () => uses('boto3', boto3, 'program'))

describe('boto3’s resource', () => {
  const facts = (arn: string) => ({
    arn,
    tables: true,
    count: 59,
    found: [
      ['15', '7.5'],
      ['16', '8'],
      ['17', '8.5'],
      ['19', '9.5'],
    ],
    changed: ['0.25', ['bytes', 'sets']],
    failed: 'ConditionalCheckFailedException',
  })
  test('before moto, with credentials of AssumeRole', async () =>
    deepEqual(
      await boto3('resource', 'objects', await assumed(roles.all, 'us-east-1')),
      facts(arnOf('us-east-1', 'objects')),
    ))
  test('before dynalite, with a token in a file', async () =>
    deepEqual(await boto3('resource', 'objects', handed(roles.all, 'eu-west-1')), facts(arnOf('eu-west-1', 'objects'))))
})

const commands = { few, further, items, rows }
const commandsOf =
  (path: string): Ask =>
  (what, table, env) =>
    commands[what]({ path, table, env })

describe('the AWS CLI 1', () => uses('cli1', commandsOf(program('aws')), 'commands'))
describeWith('AWS_CLI_V2', 'the AWS CLI 2', (path) => uses('cli2', commandsOf(path), 'commands'))

describeWith('GO_PROGRAM', 'the AWS SDK for Go', (path) => {
  const use = (what: string, table: string, env: Environment) => runProgram(path, [what, table], env)
  // It warns, and goes on, where a checksum is wrong or missing.
  const warned: Ask = async (...asked) => ({ warning: (await use(...asked)).err })
  const ask: Ask = async (...asked) => {
    const ended = await use(...asked)
    equal(ended.err, '')
    return lineOf(ended)
  }
  uses('gosdk', ask, 'program')
  checks(warned, /did not match expected checksum/)
})

describeWith('JAVA_PROGRAM', 'the AWS SDK for Java', (path) => {
  const flags = ['-XX:TieredStopAtLevel=1', '-cp', path, 'Program']
  const ask: Ask = async (what, table, env) => lineOf(await runProgram('java', [...flags, what, table], env))
  uses('java', ask, 'program')
  checks(ask, /crc32/i)
})

test('the backends saw the gateway’s signature for their region alone, and no token', () => {
  for (const [region, backend] of Object.entries({
    'us-east-1': moto,
    'eu-west-1': dynalite,
    'eu-north-1': scripted,
  })) {
    deepEqual(backend.refused, [], region)
    ok(backend.seen.length > 0)
    for (const { accessKeyId } of backend.seen) equal(accessKeyId, keyOf[region as Region])
  }
})
