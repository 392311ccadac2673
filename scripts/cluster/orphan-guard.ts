import { spawn, type ChildProcess } from 'node:child_process'

/** Ends the processes that it knows of when this one is gone without having ended them, kill -9 included: its standard input ends then. */
export class OrphanGuard {
  readonly #shell: ChildProcess

  constructor () {
    this.#shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    this.#shell.unref()
    this.#shell.stdin?.on('error', () => {}) // it is gone: there is nobody to tell
  }

  /** @param pid - the leader of a process group */
  add (pid: number): void {
    this.#shell.stdin?.write(`+ ${pid}\n`)
  }

  remove (pid: number): void {
    this.#shell.stdin?.write(`- ${pid}\n`)
  }

  close (): void {
    this.#shell.stdin?.end()
  }
}

const script = `
pids=' '
while read -r sign pid; do
  case $sign in
    +) pids="$pids$pid " ;;
    -) pids=\${pids%%" $pid "*}' '\${pids#*" $pid "} ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid"; done`
