// Writes docs/library-api.md: the declarations of the package's entries, which tests compare with what is built. To be run when they are
// changed on purpose: node scripts/setup.js conformance/library/freeze.ts
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { declarations, installed, root } from './package-kit.ts'

export const apiFile = join(root, 'docs', 'library-api.md')

export const apiOf = (consumer: string) => `# The library's types

What the package \`hallpass\` exports, as TypeScript declares it. A test compares this page with what is built: a change of it is a change
of the package's interface, and has a line in [CHANGELOG.md](../CHANGELOG.md). How to use it: [library.md](library.md).

${[...declarations(consumer)].map(([file, text]) => `## ${file.replace(/\.d\.ts$/, '')}\n\n\`\`\`ts\n${text.trim()}\n\`\`\`\n`).join('\n')}`

if (import.meta.main) writeFileSync(apiFile, apiOf(installed()))
