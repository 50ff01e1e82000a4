// Temporary credentials for the bench: of roles that are made over the API as an administrator would, and by AssumeRole on plain sockets,
// since thousands that were never presented are needed at once.
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { connectTo } from './connection.ts'
import { form, type Keys, signedRequest } from './refusals.ts'
import type { Hallpass } from './servers.ts'

type Role = 'Plain' | 'Own' | 'Nothing'

export interface Sessions {
  /** The same ones at every call. */
  kept(role: Role, count: number): Promise<readonly Keys[]>
  /** New ones. */
  fresh(role: Role, count: number): Promise<readonly Keys[]>
}

const table = (account: string, name: string) => `arn:aws:dynamodb:us-east-1:${account}:table/${name}`
const tables = (account: string) => ['rows', 'events'].map((name) => table(account, name))
const actions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:BatchGetItem']

const statements = (account: string): Readonly<Record<Role, object>> => ({
  Plain: { Effect: 'Allow', Action: actions, Resource: tables(account) },
  Own: {
    ...{ Effect: 'Allow', Action: actions, Resource: tables(account) },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy language
    Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['user-7', '${aws:PrincipalTag/row}'] } },
  },
  Nothing: { Effect: 'Allow', Action: 'dynamodb:ListTables', Resource: '*' },
})

export async function makeSessions(hallpass: Hallpass, account: string): Promise<Sessions> {
  const { port, root, accessKeyId, secret } = hallpass
  const iam = new IAMClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials: root })
  const principal = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' }
  const policyOf = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  for (const [RoleName, statement] of Object.entries(statements(account))) {
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: policyOf(principal) }))
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'items', PolicyDocument: policyOf(statement) }))
  }
  iam.destroy()
  const caller = { accessKeyId, secretAccessKey: secret }
  const kept = new Map<string, readonly Keys[]>()
  async function fresh(role: Role, count: number): Promise<readonly Keys[]> {
    const body = form({
      ...{ Action: 'AssumeRole', Version: '2011-06-15', RoleSessionName: 'bench' },
      RoleArn: `arn:aws:iam::${account}:role/${role}`,
    })
    const request = Buffer.from(signedRequest(port, 'sts', caller, body), 'base64')
    const made: Keys[] = []
    let asked = 0
    const worker = async () => {
      const { socket, ask } = connectTo(port)
      while (asked++ < count) made.push(keysOf(await ask(request)))
      socket.destroy()
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    return made
  }

  return {
    fresh,
    async kept(role, count) {
      const name = `${role} ${count}`
      const made = kept.get(name) ?? (await fresh(role, count))
      kept.set(name, made)
      return made
    },
  }
}

function keysOf(answer: string): Keys {
  const member = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer)?.[1] ?? ''
  const keys = { accessKeyId: member('AccessKeyId'), secretAccessKey: member('SecretAccessKey') }
  if (keys.accessKeyId === '') throw new Error(`no credentials in ${answer}`)
  return { ...keys, sessionToken: member('SessionToken') }
}
