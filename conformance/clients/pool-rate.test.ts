// A pool's rate belongs to those who prove something to it: what proves nothing takes none of it, nobody takes another's
// share, and guests, who anybody can be, have one of their own. Counted on a clock that stands still.
import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import {
  CognitoIdentityClient,
  GetIdCommand,
  GetOpenIdTokenCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
  UnlinkIdentityCommand,
} from '@aws-sdk/client-cognito-identity'
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { makePool } from './pools.ts'
import { nobody, testServer } from './server.ts'

/** Of four a second: sixteen at once, and of these one address four. */
const burst = 16
const share = 4
const developer = 'login.my.app'
const cognito = 'cognito-identity.amazonaws.com'
let pool: Awaited<ReturnType<typeof makePool>>
const opened: { destroy(): void }[] = []

const settings = { 'trusted-proxies': '127.0.0.0/8', 'rate-per-pool': '4', 'rate-per-provider': '4' }
const server = await testServer({ settings })
const admin = server.as(server.root)
beforeEach(async () => {
  pool = await makePool(admin, { AllowClassicFlow: true, DeveloperProviderName: developer })
})
after(async () => {
  for (const client of opened) client.destroy()
})

type Next = (args: { readonly request: { readonly headers: Record<string, string> } }) => Promise<never>

/** Clients of somebody at that address, behind a proxy. */
function at(address: string) {
  const config = { region: 'us-east-1', endpoint: server.url, maxAttempts: 1, credentials: nobody }
  const clients = { cognito: new CognitoIdentityClient(config), sts: new STSClient(config) }
  for (const client of Object.values(clients)) {
    opened.push(client)
    const stack = client.middlewareStack as unknown as { add(work: (next: Next) => Next, where: object): void }
    const forwarded = (next: Next) => (args: Parameters<Next>[0]) => {
      args.request.headers['x-forwarded-for'] = address
      return next(args)
    }
    stack.add(forwarded, { step: 'build' })
  }
  return clients
}
type At = ReturnType<typeof at>

/** How many of these are done before `Rate exceeded`. */
async function until(most: number, ask: (time: number) => Promise<unknown>): Promise<number> {
  for (let time = 0; time < most; time++) {
    try {
      await ask(time)
    } catch (error) {
      const { name } = error as Error
      if (name === 'TooManyRequestsException' || name === 'Throttling') return time
      throw error
    }
  }
  return most
}

async function signedIn(user = 'ann') {
  const Logins = { [developer]: user }
  const asked = { IdentityPoolId: pool.IdentityPoolId, Logins }
  const { IdentityId = '', Token = '' } = await admin.cognito.send(new GetOpenIdTokenForDeveloperIdentityCommand(asked))
  return { IdentityId, Logins: { [cognito]: Token }, Token }
}
const trade = (
  { cognito: client }: At,
  { IdentityId, Logins }: Pick<Awaited<ReturnType<typeof signedIn>>, 'IdentityId' | 'Logins'>,
) => client.send(new GetOpenIdTokenCommand({ IdentityId, Logins }))
const guest = ({ cognito: client }: At) => client.send(new GetIdCommand({ IdentityPoolId: pool.IdentityPoolId }))

test('logins that prove nothing take nothing of the pool’s, nor of the share of whose address it is', async () => {
  const { IdentityPoolId } = pool
  const ann = await signedIn()
  const Logins = { [cognito]: 'junk' }
  const junk = (from: At) => [
    from.cognito.send(new GetIdCommand({ IdentityPoolId, Logins })),
    from.cognito.send(new GetOpenIdTokenCommand({ IdentityId: ann.IdentityId, Logins })),
    from.cognito.send(new GetOpenIdTokenCommand({ IdentityId: ann.IdentityId })),
    from.cognito.send(new UnlinkIdentityCommand({ IdentityId: ann.IdentityId, Logins, LoginsToRemove: [developer] })),
  ]
  for (let time = 0; time < 2 * burst; time++) {
    for (const refused of junk(at(`192.0.2.${1 + (time % 4)}`)))
      await assert.rejects(refused, { name: 'NotAuthorizedException' })
  }
  assert.equal(await until(burst, (time) => trade(at(`192.0.2.${1 + (time % 4)}`), ann)), burst)
})

test('who is proven to be another than is named takes nothing of the pool’s', async () => {
  const ann = await signedIn()
  const bob = await signedIn('bob')
  for (let time = 0; time < burst; time++) {
    const other = { ...bob, IdentityId: ann.IdentityId }
    await assert.rejects(trade(at('192.0.2.9'), other), { name: 'NotAuthorizedException' })
  }
  await trade(at('192.0.2.9'), bob)
})

test('one address takes its share of a pool and no more', async () => {
  const ann = await signedIn()
  assert.equal(await until(burst, () => trade(at('192.0.2.1'), ann)), share)
  // A host of IPv6 has all addresses of its network.
  assert.equal(await until(burst, (time) => trade(at(`2001:db8::${1 + time}`), ann)), share)
  await trade(at('192.0.2.3'), ann)
})

test('guests take nothing of those who sign in, at the pool', async () => {
  const ann = await signedIn()
  assert.equal(await until(2 * burst, (time) => guest(at(`192.0.2.${time}`))), burst)
  assert.equal(await until(2 * burst, (time) => trade(at(`192.0.2.${time}`), ann)), burst)
})

test('at STS, whom no trust policy lets in takes nothing of the provider’s: everybody can have a token of some', async () => {
  const ann = await signedIn()
  const assume = (address: string, name: string) => {
    const RoleArn = `arn:aws:iam::${server.account}:role/${name}`
    const asked = { RoleArn, RoleSessionName: 'someone', WebIdentityToken: ann.Token }
    return at(address).sts.send(new AssumeRoleWithWebIdentityCommand(asked))
  }
  for (let time = 0; time < 2 * burst; time++) {
    const refused = assume(`192.0.2.${1 + (time % 4)}`, pool.guests)
    await assert.rejects(refused, { name: 'AccessDenied' })
  }
  assert.equal(await until(burst + 1, (time) => assume(`192.0.2.${1 + (time % 4)}`, pool.people)), burst)
})

test('nor at STS', async () => {
  const ann = await signedIn()
  const { IdentityId } = await guest(at('192.0.2.1'))
  const { Token } = await at('192.0.2.1').cognito.send(new GetOpenIdTokenCommand({ IdentityId }))
  const assume = (address: string, name: string, WebIdentityToken: string | undefined) => {
    const RoleArn = `arn:aws:iam::${server.account}:role/${name}`
    const asked = { RoleArn, RoleSessionName: 'someone', WebIdentityToken }
    return at(address).sts.send(new AssumeRoleWithWebIdentityCommand(asked))
  }
  const many = 2 * burst
  assert.equal(await until(many, () => assume('192.0.2.1', pool.guests, Token)), share)
  assert.equal(await until(many, (time) => assume(`192.0.2.${2 + time}`, pool.guests, Token)), burst - share)
  assert.equal(await until(many, (time) => assume(`192.0.2.${time}`, pool.people, ann.Token)), burst)
})
