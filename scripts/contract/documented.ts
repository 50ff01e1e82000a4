// What AWS's documentation says of a shape and no model does: bounds that its services keep all the same.
import type { Extract, ExtractedShape } from './merge.ts'

type Documented = Pick<ExtractedShape, 'max' | 'required'>

const documented: { readonly [service: string]: { readonly [shape: string]: Documented } } = {
  sts: {
    // "You can provide up to 10 managed policy ARNs" (STS API Reference, AssumeRole and its like).
    policyDescriptorListType: { max: 10 },
    // A descriptor without its ARN is a session policy that was meant and not said: never the same as none.
    PolicyDescriptorType: { required: ['arn'] },
  },
}

/** The extract with what the documentation adds. Throws where a shape is gone, or says it by itself by now. */
export function amended(service: string, extract: Extract): Extract {
  const shapes: Record<string, ExtractedShape> = { ...extract.shapes }
  for (const [name, more] of Object.entries(documented[service] ?? {})) {
    const shape = shapes[name]
    if (shape === undefined) throw new Error(`${service} has no ${name} to say more of`)
    if (shape.max !== undefined && more.max !== undefined) throw new Error(`${service}: ${name} says its bound itself`)
    shapes[name] = { ...shape, ...more }
  }
  return { ...extract, shapes }
}
