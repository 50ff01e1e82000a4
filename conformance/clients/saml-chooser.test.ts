// The role chooser of the SAML sign-in endpoint: what people see, and what tools read.
import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formOf } from '../../src/server/pages/testing/browser.ts'
import { publicUrl } from './console-tools.ts'
import { below, hasClass, readHtml } from './html-reader.ts'
import { leads } from './saml-messages.ts'
import { assumeWithSaml, pairOf } from './saml-servers.ts'
import {
  absent,
  all,
  closed,
  explained,
  made,
  mine,
  payer,
  payments,
  reader,
  samlUrl,
  server,
  sessionOf,
  signIn,
  visitor,
  writer,
} from './saml-sign-in-kit.ts'

describe('the role chooser', () => {
  /** As saml2aws reads it (aws_account.go, ExtractAWSAccounts). */
  function scraped(page: string) {
    const fieldsets = below(readHtml(page)).filter(({ tag }) => tag === 'fieldset')
    const accounts = fieldsets.flatMap(({ children }) =>
      children.filter((child) => child.tag === 'div' && hasClass(child, 'saml-account')),
    )
    return accounts.map((account) => ({
      name: below(account)
        .filter((one) => one.tag === 'div' && hasClass(one, 'saml-account-name'))
        .map(({ text }) => text)
        .join(''),
      roles: below(account)
        .filter(({ tag }) => tag === 'label')
        .map(({ attributes, text }) => [text, attributes.get('for')]),
    }))
  }

  test('is what saml2aws and browser extensions scrape', async () => {
    const shown = await signIn(visitor(), made(all))
    equal(shown.status, 200)
    deepEqual(scraped(shown.text), [
      { name: `Account: Payments <b> (${payments.id})`, roles: [['Payer', payer]] },
      {
        name: `Account: example-main (${server.account})`,
        roles: [
          ['Closed', closed],
          ['Reader', reader],
          ['Writer', writer],
        ],
      },
    ])
    const radios = below(readHtml(shown.text)).filter(({ attributes }) => attributes.get('type') === 'radio')
    for (const { attributes } of radios) {
      deepEqual([attributes.get('name'), attributes.get('class')], ['roleIndex', 'saml-radio'])
      equal(attributes.get('id'), attributes.get('value'))
    }
    match(shown.text, /Absent<\/b> <span class="soft">This role does not exist in the account\./)
  })

  test('is what a program gets that posts the response and follows, without a word of where it stands', async () => {
    const tool = visitor()
    const body = new URLSearchParams({ SAMLResponse: made(all) }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const posted = await tool.ask(samlUrl, { method: 'POST', headers, body })
    const shown = await tool.open(leads(posted))
    equal(scraped(shown.text).length, 2)
    // And sends the same assertion to the API.
    await assumeWithSaml(server, reader, mine.arn, new URLSearchParams(body).get('SAMLResponse') ?? '')
  })

  test('is shown when a response names several roles, of which one exists: tools read it then', async () => {
    const shown = await signIn(visitor(), made([reader, absent].map((arn) => pairOf(arn, mine.arn))))
    equal(scraped(shown.text)[0]?.roles.length, 1)
  })

  test('leads to the chosen role; the next time it stands first', async () => {
    const person = visitor()
    const nameId = 'chooser@example.com'
    const chosen = await person.submit(await signIn(person, made(all, { nameId })), { roleIndex: writer })
    match(chosen.text, /assumed-role\/Writer\/jane/)
    const again = await signIn(visitor(), made(all, { nameId }))
    const [first] = scraped(again.text)
    deepEqual([first?.name, first?.roles[0]], [`Account: example-main (${server.account})`, ['Writer', writer]])
    match(again.text, new RegExp(`id="${writer}" required="" checked=""`))
    const others = await signIn(visitor(), made(all, { nameId: 'somebody@example.com' }))
    equal(/checked/.test(others.text), false)
  })

  test('what it offered stands in the console as cards by account, and leads to another sign-in', async () => {
    const person = visitor()
    await person.submit(await signIn(person, made(all)), { roleIndex: writer })
    const { text } = await person.open(`${publicUrl}/console/switch`)
    const offered = below(readHtml(text)).find(({ attributes }) => attributes.get('aria-labelledby') === 'offered')
    if (offered === undefined) throw new Error('no such part of the page')
    const links = below(offered).filter(({ tag }) => tag === 'a')
    deepEqual(links.map(({ text }) => text).sort(), ['Closed', 'Payer', 'Reader'])
    equal(new Set(links.map(({ attributes }) => attributes.get('href'))).size, 1)
    match(links[0]?.attributes.get('href') ?? '', /\/saml\/login\/[A-Z0-9]+$/)
    match(offered.text, /Writer now/)
    match(offered.text, /Payments <b>/)
  })

  test('comes back with a role that refused the person, and the request that tells the operator why', async () => {
    const person = visitor()
    const refused = await person.send(await signIn(person, made(all)), { roleIndex: closed })
    equal(refused.status, 403)
    equal(sessionOf(person), undefined)
    match(await explained(refused), /AssumeRoleWithSAML/)
    match(refused.text, /Closed<\/b> <span class="soft">You may not use it\. Request id <code>[0-9a-f-]{36}/)
    const chosen = await person.submit({ ...refused, url: `${samlUrl}/signin` }, { roleIndex: reader })
    match(chosen.text, /assumed-role\/Reader\/jane/)
  })

  test('a role that no response named, or that is not there, is not taken from its form', async () => {
    const person = visitor()
    const shown = await signIn(person, made([reader, absent].map((arn) => pairOf(arn, mine.arn))))
    for (const roleIndex of [writer, absent, '', 'arn:aws:iam::999999999999:role/x']) {
      const answer = await person.send(shown, { roleIndex })
      deepEqual([answer.status, /Choose one of these roles/.test(answer.text)], [400, true])
    }
    equal(sessionOf(person), undefined)
  })

  test('a sender may choose the role along with the response, as AWS’s own form does', async () => {
    match(
      (await signIn(visitor(), made(all), { roleIndex: writer, name: '', portal: '' })).text,
      /assumed-role\/Writer\/jane/,
    )
    equal((await signIn(visitor(), made(all), { roleIndex: absent })).status, 200)
  })

  test('of six roles and more has a filter, hidden until the script shows it', async () => {
    const few = await signIn(visitor(), made([reader, writer].map((arn) => pairOf(arn, mine.arn))))
    equal(/data-filters/.test(few.text), false)
    const many = Array.from({ length: 6 }, (_, at) => `${reader}${at}`)
    const shown = await signIn(visitor(), made([reader, ...many].map((arn) => pairOf(arn, mine.arn))))
    match(shown.text, /<p class="filter" hidden="">\s*<label>Filter <input type="search" data-filters="saml-roles"/)
    match(
      shown.headers.get('content-security-policy') ?? '',
      /; script-src 'self'; require-trusted-types-for 'script'; /,
    )
  })

  test('what a provider says is text in it: roles, session name, RelayState', async () => {
    const odd = `arn:aws:iam::${server.account}:role/<script>alert(1)</script>`
    const shown = await signIn(visitor(), made([odd, reader].map((arn) => pairOf(arn, mine.arn))), {
      RelayState: '"><img src=x onerror=alert(1)>',
    })
    match(shown.text, /&lt;script&gt;|script/)
    equal(/<script>|<img/.test(shown.text), false)
    equal(/<b>\s*\(/.test((await signIn(visitor(), made(all))).text), false)
  })

  test('its form belongs to the browser that it was shown in', async () => {
    const person = visitor()
    const shown = await signIn(person, made(all))
    const { action, hidden } = formOf(shown)
    const elsewhere = await visitor().send(shown, { roleIndex: reader })
    equal(elsewhere.status, 403)
    const crossSite = await person.sendFrom('https://evil.example', action, { ...hidden, roleIndex: reader })
    equal(crossSite.status, 403)
    const withoutToken = await person.sendFrom(new URL(publicUrl).origin, action, {
      handle: hidden.handle ?? '',
      roleIndex: reader,
    })
    equal(withoutToken.status, 403)
    match((await person.submit(shown, { roleIndex: reader })).text, /assumed-role\/Reader/)
    equal((await person.send(shown, { roleIndex: reader })).status, 400)
  })
})
