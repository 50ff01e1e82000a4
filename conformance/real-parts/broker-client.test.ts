// A client that a stock generator makes of the OpenAPI document as a running server serves it, used by a program of a person of OpenLDAP
// against that server.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { authority } from '../../src/federation/testing/idp.ts'
import { brokerPaths } from '../../src/wire/broker-api.ts'
import { adminArn, readerArn } from '../clients/company.ts'
import { folder } from '../clients/folder.ts'
import { keysOf } from '../clients/people.ts'
import { openLdapConnector, openLdapGroup, pages, password, servePeople, whoIs } from './directory-people.ts'
import { corpOptions } from './openldap-company.ts'
import { startOpenLdap } from './openldap-server.ts'
import { describeWith } from './part.ts'
import { environmentOf, runProgram } from './real.ts'
import { account } from './served.ts'

const data = folder()

interface Answers {
  readonly account: string
  readonly seconds: number
  readonly credentials: readonly Parameters<typeof keysOf>[0][]
  readonly console: string
  readonly refused: readonly (readonly [status: number, code: string])[]
}

describeWith('BROKER_CLIENT', 'openapi-python-client', (programs) => {
  describeWith('CHROMIUM', 'with a browser', (executablePath) => {
    describeWith('OPENLDAP', 'by a person of OpenLDAP', async (slapd) => {
      const directory = await startOpenLdap(slapd, join(data, 'directory'), corpOptions)
      const entitlements = [{ account, 'policy-arns': ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }]
      const server = await servePeople(
        {
          connectors: [openLdapConnector('corp', [directory])],
          assignments: [{ connector: 'corp', group: openLdapGroup('developers'), roles: [readerArn], entitlements }],
        },
        authority,
      )
      const open = await pages(executablePath)
      const env = {
        ...environmentOf(server.url, data),
        // The generator formats by ruff, which stands beside it.
        PATH: `${programs}:${process.env.PATH}`,
        SSL_CERT_FILE: server.ca,
        NO_PROXY: '127.0.0.1,localhost',
        PYTHONPATH: data,
        PYTHONDONTWRITEBYTECODE: '1',
      }

      test('a client of the document gets roles, both kinds of credentials and a console', {
        timeout: 60_000,
      }, async () => {
        const generate = [
          'generate',
          '--url',
          server.publicUrl + brokerPaths.description,
          '--meta',
          'none',
          '--fail-on-warning',
        ]
        const output = ['--output-path', join(data, 'hallpass_broker')]
        const made = await runProgram(join(programs, 'openapi-python-client'), [...generate, ...output], env)
        assert.equal(made.code, 0, made.out + made.err)
        const asked = {
          ...{ base_url: server.publicUrl, ca: server.ca, role: 'Reader', foreign: adminArn },
          person: { connector: 'corp', login: 'ben', password },
        }
        const script = fileURLToPath(new URL('broker_client.py', import.meta.url))
        const { code, out, err } = await runProgram(join(programs, 'python'), [script], env, JSON.stringify(asked))
        assert.equal(code, 0, err)
        const answers = JSON.parse(out) as Answers
        assert.deepEqual([answers.account, answers.seconds], [account, 3600])
        assert.deepEqual(answers.refused, [
          [401, 'UnauthorizedException'],
          [403, 'AccessDenied'],
          [400, 'ValidationError'],
        ])
        const who = await Promise.all(answers.credentials.map((given) => whoIs(server, keysOf(given))))
        assert.match(who[0] ?? '', new RegExp(`^arn:aws:sts::${account}:federated-user/ben-[a-z2-7]{10}$`))
        assert.match(who[1] ?? '', new RegExp(`^arn:aws:sts::${account}:assumed-role/Reader/ben-[a-z2-7]{10}$`))
        const page = await open()
        await page.goto(answers.console)
        await page.waitForURL(`${server.publicUrl}/console`)
        await page
          .getByText(/as Reader/)
          .first()
          .waitFor()
      })
    })
  })
})
