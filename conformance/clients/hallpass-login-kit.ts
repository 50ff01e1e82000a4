// What tests of `hallpass login` run on: a company, a server whose public URL speaks TLS, and a person with a browser.
import { type AddressInfo, connect } from 'node:net'
import { after } from 'node:test'
import { createServer } from 'node:tls'
import { certificate, keyText } from '../../src/federation/testing/idp.ts'
import { browser } from '../../src/server/pages/testing/browser.ts'
import { overNetwork } from '../../src/server/pages/testing/transport.ts'
import { adminArn, brokerAndRoles, type Company, company, passwordOf, readerArn } from './company.ts'
import { toServer } from './console-tools.ts'
import { manager } from './people.ts'
import { type TestServer, testServer } from './server.ts'

export interface CommandLineWorld {
  readonly server: TestServer
  /** Of the server: https, by the tests' own authority. */
  readonly url: string
  /** Where programs reach the APIs. */
  readonly apiUrl: string
  readonly corp: Company
  /** Everybody and the table as at first: Admin needs a second factor, and Reader's credentials last a quarter of an hour. */
  asAtFirst(): Promise<void>
  /** Signs a person in with a browser, and lets the program in that the page is for. Resolves to the page that comes last. */
  allow(page: string, login: string): Promise<string>
}

export async function commandLineWorld(clock: { now: Date }): Promise<CommandLineWorld> {
  // The public URL names the port of what stands before the server.
  let port = 0
  const front = createServer({ cert: certificate('server'), key: keyText('server') }, (socket) => {
    const behind = connect(port, '127.0.0.1')
    socket.on('error', () => behind.destroy()).pipe(behind)
    behind.on('error', () => socket.destroy()).pipe(socket)
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  after(() => front.close())
  const { port: frontPort } = front.address() as AddressInfo
  // A host is for pages or for the APIs.
  const url = `https://localhost:${frontPort}`
  const apiUrl = `https://127.0.0.1:${frontPort}`
  const server = await testServer({ clock, settings: { 'public-url': url, 'api-url': apiUrl } })
  port = server.port
  const corp = await company()
  await brokerAndRoles(await manager(server))
  const inProcess = toServer(server)
  return {
    ...{ server, url, apiUrl, corp },
    async asAtFirst() {
      corp.asAtFirst()
      await corp.apply(server, {
        roles: [
          ['admins', adminArn, { 'second-factor': true }],
          ['readers', readerArn, { 'session-duration': 900 }],
        ],
      })
    },
    async allow(page, login) {
      const visitor = browser((request) => (request.url.origin === url ? inProcess(request) : overNetwork(request)))
      const form = await visitor.open(page)
      const asking = await visitor.submit(form, { login, password: passwordOf(login) })
      return (await visitor.submit(asking, { answer: 'allow' })).text
    },
  }
}
