// A thousand of each: lists of the console are a page at a time, complete, and small, with names and texts of the greatest length.
import { equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { company, largestPage, wellMade } from './console-world.ts'
import { allow, policy, trusts } from './people.ts'

const { admin, administrator, visitor } = await company({
  quotas: 'RolesPerAccount=2000,UsersPerAccount=2000,PoliciesPerAccount=2000',
})
const { at } = await visitor()

/** Names and paths that take the most room in a page. */
const named = (at: number, most: number) => `${String(at).padStart(4, '0')}${'=+'.repeat(most)}`.slice(0, most)
const path = (most: number) => `/${'&'.repeat(most - 2)}/`
const thousand = Array.from({ length: 1000 }, (_, at) => at)
const trust = trusts(administrator)
for (let first = 0; first < 1000; first += 50) {
  await Promise.all(
    thousand
      .slice(first, first + 50)
      .flatMap((at) => [
        admin.iam.send(
          new CreateRoleCommand({ RoleName: named(at, 64), Path: path(512), AssumeRolePolicyDocument: trust }),
        ),
        admin.iam.send(new CreateUserCommand({ UserName: named(at, 64), Path: path(512) })),
      ]),
  )
}
for (const at of thousand.slice(0, 60)) {
  const PolicyDocument = allow('s3:GetObject')
  const Path = `/${'a'.repeat(510)}/`
  await admin.iam.send(new CreatePolicyCommand({ PolicyName: named(at, 128), Path, PolicyDocument }))
}

for (const [place, most, all] of [
  ['/roles', 64, 1000],
  ['/users', 64, 1000],
  ['/policies', 128, 60],
  ['/switch', 64, 1000],
] as const) {
  test(`${place} of ${all} is all of them, in pages under 20 KB`, async () => {
    const seen = new Set<string>()
    let next: string | undefined = place
    let largest = 0
    while (next !== undefined) {
      const shown = await at(next)
      equal(shown.status, 200)
      wellMade(shown)
      largest = Math.max(largest, Buffer.byteLength(shown.text))
      for (const [name] of shown.text.matchAll(/\b\d{4}[=+]{60,124}/g))
        if (name.length === most) seen.add(name.slice(0, 4))
      const link: string | undefined = / href="\/hallpass\/console([^"]*)" rel="next"/.exec(shown.text)?.[1]
      next = link?.replaceAll('&amp;', '&')
      if (next === undefined) match(shown.text, /This is the last page\./)
    }
    equal(seen.size, all)
    ok(largest < largestPage)
  })
}

test('a role of the greatest policies, tags and names is a page under 20 KB, and its policies are read in parts', async () => {
  const name = named(5000, 64)
  const large = trusts(administrator, 'sts:AssumeRole', { StringEquals: { 'sts:ExternalId': '&'.repeat(1224) } })
  await admin.iam.send(
    new CreateRoleCommand({
      ...{ RoleName: name, Path: path(512), AssumeRolePolicyDocument: large },
      Description: '&'.repeat(1000),
      Tags: thousand.slice(0, 50).map((at) => ({ Key: named(at, 128), Value: '=+'.repeat(128) })),
    }),
  )
  const actions = Array.from({ length: 300 }, (_, at) => `s3:Get&${'x'.repeat(18)}${at}`)
  await admin.iam.send(
    new PutRolePolicyCommand({
      RoleName: name,
      PolicyName: 'first',
      PolicyDocument: policy({ Action: actions, Resource: '*' }),
    }),
  )
  wellMade(await at(`/role?${new URLSearchParams({ name })}`))
  const one = `/inline-policy?${new URLSearchParams({ of: 'role', name, policy: 'first' })}`
  const [first, second] = [await at(one), await at(`${one}&part=2`)]
  wellMade(first)
  wellMade(second)
  match(first.text, /Part 1 of \d/)
  match(second.text, /Part 2 of \d/)
  for (const wrong of ['0', '-1', '99999', 'x', '1e9']) wellMade(await at(`${one}&part=${wrong}`))
})

test('sixty providers with the longest addresses and audiences are pages under 20 KB', async () => {
  let last = ''
  for (let at = 0; at < 60; at++) {
    const { OpenIDConnectProviderArn = '' } = await admin.iam.send(
      new CreateOpenIDConnectProviderCommand({
        Url: `https://idp.example.com/${String(at).padStart(3, '0')}${'a'.repeat(200)}`,
        ClientIDList: thousand.slice(0, 100).map((one) => `${one}${'&'.repeat(250)}`),
        ThumbprintList: ['a'.repeat(40)],
      }),
    )
    last = OpenIDConnectProviderArn
  }
  const list = await at('/providers')
  wellMade(list)
  match(list.text, /And \d+ more: the AWS CLI lists them all\./)
  wellMade(await at(`/openid-provider?${new URLSearchParams({ arn: last })}`))
})

test('a page of one list does not open with another’s marker', async () => {
  const [users, roles] = [await at('/users'), await at('/roles')]
  const markerOf = ({ text }: { readonly text: string }) => /marker=([^"]+)" rel="next"/.exec(text)?.[1] ?? ''
  ok(markerOf(users) !== '' && markerOf(roles) !== '')
  match((await at(`/roles?marker=${markerOf(users)}`)).text, /Invalid Marker/)
})
