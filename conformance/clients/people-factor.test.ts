// A role that asks for a second factor: how it is given, how it is guessed in vain, and who may set one up.
import { doesNotMatch, equal, match, rejects } from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { enrolPerson } from '../../src/app/operator/enrol.ts'
import { unbase32 } from '../../src/core/ids.ts'
import { codeOf, stepAt } from '../../src/core/totp.ts'
import { type Browser, formOf, type Shown } from '../../src/server/pages/testing/browser.ts'
import { adminArn, personEntry } from './company.ts'
import { consoleUrl } from './console-tools.ts'
import { plain } from './console-world.ts'
import { textsOf } from './journals.ts'
import {
  choose,
  consoleCookie,
  corp,
  enrolUrl,
  explained,
  factorUrl,
  leads,
  rolesUrl,
  server,
  signedIn,
  signInUrl,
} from './people-pages-kit.ts'

/** Each test begins when attempts and locks of those before are over. */
beforeEach(() => server.move(4_000_000))

/** A person of their own for each test, in the group whose role asks for a second factor. */
let people = 0
function administrator(): string {
  const login = `admin${++people}`
  corp.directory.entries.push(personEntry(login, `20000000-0000-4000-8000-${String(people).padStart(12, '0')}`))
  corp.setMembers('admins', ['ann', ...Array.from({ length: people }, (_, n) => `admin${n + 1}`)])
  return login
}

const codeFor = async (person: string): Promise<string> => {
  const output = await enrolPerson(server.engine, { person })
  if (!('code' in output)) throw new Error('no code')
  return output.code
}

const seedIn = ({ text }: Shown): Buffer => {
  const key = /Key: <code>([A-Z2-7 ]+)<\/code>/.exec(text)?.[1]?.replaceAll(' ', '') ?? ''
  return unbase32(key) ?? Buffer.alloc(0)
}
const codeNow = (seed: Buffer, steps = 0) => codeOf(seed, stepAt(server.now()) + steps)

/** Signs in and asks for the role. */
async function asking(login: string): Promise<{ person: Browser; page: Shown }> {
  const { person, roles } = await signedIn(login)
  const sent = await choose(person, roles, adminArn)
  equal(sent.status, 303)
  return { person, page: await person.open(leads(sent)) }
}

/** The person has a factor from here on. */
async function enrolled(login: string): Promise<Buffer> {
  const { person, page } = await asking(login)
  const shown = await person.send(page, { 'enrolment-code': await codeFor(login) })
  const seed = seedIn(shown)
  equal((await person.send(shown, { answer: codeNow(seed) })).status, 303)
  await server.move(60_000)
  return seed
}

describe('the first second factor', () => {
  test('is set up with an administrator’s code, and the role is taken on at once', async () => {
    const login = administrator()
    const { person, page } = await asking(login)
    equal(page.url.split('?')[0], enrolUrl)
    match(plain(page), /A password alone is not enough to set one up/)
    const shown = await person.send(page, {
      'enrolment-code': (await codeFor(login)).toUpperCase().replaceAll('-', ' '),
    })
    match(shown.text, /<svg class="qr"/)
    doesNotMatch(shown.text, /<img[^>]* src="data:/)
    const wrong = await person.send(shown, { answer: '000000' })
    equal(wrong.status, 403)
    const done = await person.send(wrong, { answer: codeNow(seedIn(wrong)) })
    equal(leads(done), consoleUrl)
    match((await person.open(consoleUrl)).text, /as <b>Admin<\/b>/)
    const [event = ''] = (await textsOf(server.engine.store, 'audit')).filter((text) =>
      text.includes('CompleteVirtualMfaDeviceRegistration'),
    )
    match(event, /"VouchedBy":"administrator"/)
    doesNotMatch(event, new RegExp(seedIn(shown).toString('hex')))
  })

  test('is told to the person at their next sign-ins', async () => {
    const login = administrator()
    await enrolled(login)
    const page = plain((await signedIn(login)).roles)
    match(page, /A second factor was set up for you on 2026-09-\d\d\. If it was not you/)
    match(page, /Admin needs a second factor/)
  })

  test('is never set up by a password alone', async () => {
    const { person, page } = await asking(administrator())
    const { action, hidden } = formOf(page)
    for (const fields of [
      {},
      { 'enrolment-code': '' },
      { 'enrolment-code': 'aaaaa-aaaaa-aaaaa-aaaaa' },
      { setup: '', answer: '123456' },
      { setup: 'x'.repeat(200), answer: '123456' },
    ]) {
      const refused = await person.sendFrom('https://sso.example', action, { ...hidden, ...fields })
      equal(refused.status, 403)
      doesNotMatch(refused.text, /class="qr"/)
    }
    equal((await choose(person, await person.open(rolesUrl), adminArn)).status, 303)
    equal(consoleCookie(person), undefined)
  })

  test('a code is one person’s, good once and for a day; another replaces it', async () => {
    const [one, other] = [administrator(), administrator()]
    const [first, second] = [await codeFor(one), await codeFor(one)]
    const theirs = await asking(other)
    equal((await theirs.person.send(theirs.page, { 'enrolment-code': second })).status, 403)
    const mine = await asking(one)
    equal((await mine.person.send(mine.page, { 'enrolment-code': first })).status, 403)
    const shown = await mine.person.send(mine.page, { 'enrolment-code': second })
    // A setup that another sign-in of the same person brings, or another person.
    const again = await asking(one)
    const { hidden } = formOf(shown)
    const setup = hidden.setup ?? ''
    for (const { person, page } of [again, theirs])
      equal((await person.send(page, { setup, answer: codeNow(seedIn(shown)) })).status, 403)
    const twice = await again.person.send(again.page, { 'enrolment-code': second })
    equal((await mine.person.send(shown, { answer: codeNow(seedIn(shown)) })).status, 303)
    equal((await again.person.send(twice, { answer: codeNow(seedIn(twice)) })).status, 409)
    await rejects(enrolPerson(server.engine, { person: one }), /has a second factor: remove it first/)
    const late = await codeFor(other)
    await server.move(86_400_001)
    const tomorrow = await asking(other)
    equal((await tomorrow.person.send(tomorrow.page, { 'enrolment-code': late })).status, 403)
  })

  test('a code that was not used is over when the operator removes the factor', async () => {
    const login = administrator()
    const code = await codeFor(login)
    await enrolPerson(server.engine, { person: login, reset: true })
    const { person, page } = await asking(login)
    equal((await person.send(page, { 'enrolment-code': code })).status, 403)
  })

  test('a code is for nobody while a directory has the name and does not say whose it is', async () => {
    const [login, namesake] = [administrator(), administrator()]
    const { dn, attributes } = personEntry(namesake, '29999999-0000-4000-8000-000000000000')
    corp.directory.change(dn, { attributes: { ...attributes, mail: login } })
    const refused = /corp does not say who admin\d+ is \(ambiguous: .*\)\. Give the id, or --connector for another one/
    await rejects(enrolPerson(server.engine, { person: login }), refused)
    // Nor for somebody of another connector who is signed in by that name.
    const { people } = server.engine
    const { connectors, ...table } = await people.table()
    const [known] = connectors
    if (known === undefined) throw new Error('no connector')
    const [start, end] = [server.now(), new Date(server.now().getTime() + 1000)]
    const other = { id: '1', connector: 'elsewhere', personId: 'other', login, client: 'browser', given: [] } as const
    const engine = {
      ...server.engine,
      people: {
        ...people,
        table: async () => ({ ...table, connectors: [known, { ...known, name: 'elsewhere', kind: 'saml' } as never] }),
        signIns: {
          ...people.signIns,
          list: async () => [{ ...other, startedAt: start, endsAt: end, confirmedAt: start }],
        },
      },
    }
    await rejects(enrolPerson(engine, { person: login }), refused)
    equal((await enrolPerson(engine, { person: login, connector: 'elsewhere' })).personId, 'other')
    corp.directory.change(dn, personEntry(namesake))
  })

  test('a setup is over after a quarter of an hour', async () => {
    const login = administrator()
    const { person, page } = await asking(login)
    const shown = await person.send(page, { 'enrolment-code': await codeFor(login) })
    await server.move(900_001)
    equal((await person.send(shown, { answer: codeNow(seedIn(shown)) })).status, 403)
  })
})

describe('a second factor', () => {
  test('is asked for before the role, and lets in once for each code', async () => {
    const login = administrator()
    const seed = await enrolled(login)
    const { person, page } = await asking(login)
    equal(page.url.split('?')[0], factorUrl)
    const code = codeNow(seed)
    const done = await person.send(page, { answer: `${code.slice(0, 3)} ${code.slice(3)}` })
    equal(leads(done), consoleUrl)
    // In this sign-in it is not asked for again; in another the same code does not count.
    equal(leads(await choose(person, await person.open(rolesUrl), adminArn)), consoleUrl)
    const other = await asking(login)
    const replayed = await other.person.send(other.page, { answer: code })
    equal(replayed.status, 403)
    match(await explained(replayed), /the second factor is wrong, or locked/)
    equal(consoleCookie(other.person), undefined)
  })

  test('a right code sent twice at once lets in once', async () => {
    const login = administrator()
    const seed = await enrolled(login)
    const both = [await asking(login), await asking(login)]
    const sent = await Promise.all(both.map(({ person, page }) => person.send(page, { answer: codeNow(seed) })))
    equal(sent.filter(({ status }) => status === 303).length, 1)
  })

  test('is locked after five wrong codes, of all sign-ins together, and answers the same', async () => {
    const login = administrator()
    const seed = await enrolled(login)
    const both = [await asking(login), await asking(login)]
    const guesses = ['000001', '000002', '', 'abcdef', '0000001', '000003'].filter((code) => code !== codeNow(seed))
    const wrong = await Promise.all(
      guesses.map((answer, n) => {
        const { person, page } = both[n % 2] ?? both[0] ?? { person: undefined, page: undefined }
        if (person === undefined) throw new Error('nobody')
        return person.send(page, { answer })
      }),
    )
    const [mine] = both
    if (mine === undefined) throw new Error('nobody')
    const right = await mine.person.send(mine.page, { answer: codeNow(seed) })
    for (const page of [...wrong, right]) {
      equal(page.status, 403)
      match(plain(page), /This code was not accepted/)
    }
    await server.move(3_700_000)
    const later = await asking(login)
    equal((await later.person.send(later.page, { answer: codeNow(seed) })).status, 303)
  })

  test('is given by nobody’s form but the browser’s own', async () => {
    const login = administrator()
    const seed = await enrolled(login)
    const { person, page } = await asking(login)
    const { action, hidden } = formOf(page)
    const answer = codeNow(seed)
    equal((await person.sendFrom('https://evil.example', action, { ...hidden, answer })).status, 403)
    equal((await person.sendFrom('https://sso.example', action, { answer })).status, 403)
    const stranger = await person.sendFrom('https://sso.example', action, {
      ...hidden,
      answer,
      roleIndex: 'arn:aws:iam::111122223333:role/Closed',
    })
    equal(stranger.status, 403)
    equal(consoleCookie(person), undefined)
  })

  test('that is lost is removed by the operator, and the person is signed out with it', async () => {
    const login = administrator()
    await enrolled(login)
    const { person } = await asking(login)
    const removed = await enrolPerson(server.engine, { person: login, reset: true })
    equal('removed' in removed && removed.removed, 1)
    equal((await person.open(rolesUrl)).url, signInUrl)
    equal((await asking(login)).page.url.split('?')[0], enrolUrl)
    const texts = await textsOf(server.engine.store, 'audit')
    const records = texts.filter((text) => text.includes('"eventName":"RemoveSecondFactor"'))
    equal(records.filter((text) => text.includes(`"login":"${login}"`)).length, 1)
    await rejects(
      enrolPerson(server.engine, { person: 'nobody-at-all' }),
      /nobody who is known is called nobody-at-all/,
    )
  })
})
