import protobuf from 'protobufjs'
import descriptor from 'protobufjs/ext/descriptor/index.js'

// The extension adds this to the class; its types do not say so.
const Root = protobuf.Root as typeof protobuf.Root & { fromDescriptor (set: descriptor.IFileDescriptorSet): protobuf.Root }
const base64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/ // never the text of a .proto, which has a `;` or a `{` at least

/** Why the content of a proto does not compile; undefined when it does. It is `.proto` text, or a FileDescriptorSet in base64. */
export function judgeProto (content: string): string | undefined {
  try {
    const root = base64.test(content) ? readDescriptorSet(content) : readText(content)
    root.resolveAll()
    return undefined
  } catch (err) {
    return err instanceof Error ? err.message : String(err)
  }
}

function readDescriptorSet (content: string): protobuf.Root {
  const set = descriptor.FileDescriptorSet.decode(Buffer.from(content, 'base64')) as descriptor.IFileDescriptorSet & protobuf.Message
  if ((set.file ?? []).length === 0) throw new Error('neither .proto text nor a FileDescriptorSet in base64')
  return Root.fromDescriptor(set)
}

// A stored proto stands alone: of what it may import there are only the types that come with the language.
function readText (content: string): protobuf.Root {
  const root = new protobuf.Root()
  const { imports = [], weakImports = [] } = protobuf.parse(content, root, { keepCase: true })
  for (const path of [...imports, ...weakImports]) {
    const types = protobuf.common.get(path)
    if (types?.nested === undefined) throw new Error(`import "${path}": other files cannot be imported, send a FileDescriptorSet`)
    root.addJSON(types.nested)
  }
  return root
}
