import { deepEqual, equal, match } from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { accountName } from '../../principals/account-name.ts'
import { accounts } from '../../records.ts'
import { ACCOUNT, type Kit, OTHER, openKit, questionsOf, refusalOf, rootOf, run } from '../../testing/operations-kit.ts'
import { accountAliasOperations } from './aliases.ts'

let home: Kit
let api: ReturnType<typeof accountAliasOperations>
beforeEach(async () => {
  home = await openKit()
  api = accountAliasOperations(home.parts)
})

const create = (AccountAlias: string, options = {}) => run(home, api.CreateAccountAlias, { AccountAlias }, options)
const remove = (AccountAlias: string, options = {}) => run(home, api.DeleteAccountAlias, { AccountAlias }, options)
const list = async (options = {}) => (await run(home, api.ListAccountAliases, {}, options)).AccountAliases

describe('an account alias', () => {
  test('is one of an account: a new one takes the place of the old', async () => {
    deepEqual(await list(), [])
    await create('acme')
    deepEqual(await list(), ['acme'])
    await create('acme-prod')
    deepEqual(await list(), ['acme-prod'])
    await create('acme', { as: rootOf(OTHER) })
  })
  test('is of one account in the installation', async () => {
    await create('acme')
    const taken = 'EntityAlreadyExists: The account alias acme already exists.'
    equal(await refusalOf(create('acme', { as: rootOf(OTHER) })), taken)
    equal(await refusalOf(create('acme')), taken)
    deepEqual(await list({ as: rootOf(OTHER) }), [])
  })
  test('is deleted by its own account, by its name', async () => {
    await create('acme')
    const gone = (name: string) => `NoSuchEntity: The account alias with name ${name} cannot be found.`
    equal(await refusalOf(remove('other')), gone('other'))
    equal(await refusalOf(remove('acme', { as: rootOf(OTHER) })), gone('acme'))
    await remove('acme')
    deepEqual(await list(), [])
    equal(await refusalOf(remove('acme')), gone('acme'))
    await create('acme', { as: rootOf(OTHER) })
  })
  for (const alias of ['ab', '-ab', 'ab-', 'a--b', 'Acme', 'ac_me', 'a'.repeat(64), 'ac me', '']) {
    test(`is none: '${alias}'`, async () => match(await refusalOf(create(alias)), /^ValidationError: /))
  }
  test('that reads as an account id is none, be there such an account or not', async () => {
    for (const alias of [ACCOUNT, OTHER, '999999999999'])
      equal(await refusalOf(create(alias)), 'ValidationError: The specified value for accountAlias is invalid.')
  })
  for (const alias of ['abc', '1-2', '11112222333', 'a'.repeat(63)]) {
    test(`may be '${alias}'`, async () => equal(await refusalOf(create(alias)), 'no refusal'))
  }
  test('is asked about for every resource', async () => {
    for (const operation of [api.CreateAccountAlias, api.DeleteAccountAlias]) {
      const [question] = await questionsOf(operation, { AccountAlias: 'acme' })
      equal(question?.resource, '*')
    }
  })
})

test('an account goes by its name, else by its alias, else by its id', async () => {
  const named = (name: string) =>
    home.store.transact(async (tx) => {
      const account = await tx.get(accounts, [ACCOUNT])
      if (account !== undefined) await tx.replace(accounts, { ...account, name })
    })
  equal(await accountName(home.store, ACCOUNT), ACCOUNT)
  await create('acme')
  equal(await accountName(home.store, ACCOUNT), 'acme')
  await named('root')
  equal(await accountName(home.store, ACCOUNT), 'acme')
  await named('Production')
  equal(await accountName(home.store, ACCOUNT), 'Production')
  equal(await accountName(home.store, '123456789012'), '123456789012')
})
