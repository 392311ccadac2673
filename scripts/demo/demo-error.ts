/** Something that whoever runs a demo command has to do; the message says what, and is all that is shown. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
}

/** Runs a demo command's `main` and turns a DemoError into one line and exit code 1. */
export async function runDemo (main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (err) {
    if (!(err instanceof DemoError) && !isArgumentError(err)) throw err
    console.error(err.message)
    process.exitCode = 1
  }
}

function isArgumentError (err: unknown): err is Error {
  return err instanceof Error && 'code' in err && String(err.code).startsWith('ERR_PARSE_ARGS_')
}
