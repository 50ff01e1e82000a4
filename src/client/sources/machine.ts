// Credentials of a machine that has joined, and of a declared service, by files that are read each time: either may be replaced.
import type { CredentialSource } from '../credential-source.ts'
import type { SignInServer } from '../sign-in-server.ts'
import { fileText } from '../text-file.ts'
import { type MachineWish, machineSource, readEnrolment, type ServiceWish, serviceSource } from '../workload.ts'

export const enrolledSource = (file: string, wish: MachineWish, clock: () => Date): CredentialSource => ({
  name: `the enrolment in ${file}`,
  fetch: async (signal) => machineSource(readEnrolment(file), wish, { clock }).fetch(signal),
})

/** The file of the service's private key (PEM), or of a token of the issuer that its record names. */
export type ServiceProofFile = { readonly privateKeyFile: string } | { readonly tokenFile: string }

export function serviceFileSource(
  server: () => SignInServer,
  service: string,
  proof: ServiceProofFile,
  wish: ServiceWish,
  clock: () => Date,
): CredentialSource {
  const read = () =>
    'tokenFile' in proof
      ? { token: () => fileText(proof.tokenFile, 'the token').trim() }
      : { privateKey: fileText(proof.privateKeyFile, 'the private key') }
  return {
    name: `service ${service} with ${wish.RoleArn}`,
    fetch: async (signal) => serviceSource(server(), service, read(), wish, { clock }).fetch(signal),
  }
}
