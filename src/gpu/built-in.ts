import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { folderOnDisk, listFiles, readBytes, readText } from '../assets.ts'
import { syncFolder, writeDurably } from './durable.ts'

const HASH_LENGTH = 16
const CATALOGUE = 'gpu/catalogue'

/** A file on board: its name below the folder of engines, and its bytes. */
export type BuiltInFile = [name: string, bytes: Uint8Array]

let ownHash: string | undefined

/**
 * The folder that holds the engines which come with Hearth, one folder each: `gpu/` in a checkout; in the binary a copy below `data`, which is made
 * when it is first asked for and named by its content, so that another version makes its own.
 */
export function builtInEngines(data: string): string {
  return folderOnDisk('gpu') ?? unpack(data)
}

/** The texts of the catalogue of models that comes with Hearth, by name, sorted. */
export function catalogueTexts(): { name: string; text: string }[] {
  return listFiles(CATALOGUE).map((path) => ({ name: path.slice(CATALOGUE.length + 1), text: readText(path) }))
}

function unpack(data: string): string {
  ownHash ??= hashOf(filesOnBoard())
  const place = join(root(data), ownHash)
  return existsSync(place) ? place : unpackEngines(data, filesOnBoard())
}

/** Writes the files to a folder of their own below `data`, whole or not at all, however many processes do so at once; returns the folder. */
export function unpackEngines(data: string, files: BuiltInFile[]): string {
  const place = join(root(data), hashOf(files))
  if (existsSync(place)) return place
  mkdirSync(root(data), { recursive: true, mode: 0o700 })
  removeLeftOvers(root(data))
  const part = mkdtempSync(join(root(data), `.part-${process.pid}-`))
  try {
    for (const [name, bytes] of files) writeDurably(join(part, name), bytes)
    takePlace(part, place)
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
  return place
}

/** Another process may have been quicker: then its folder holds the same. */
function takePlace(part: string, place: string): void {
  try {
    renameSync(part, place)
  } catch (error) {
    if (!existsSync(place)) throw error
  }
  syncFolder(dirname(place))
}

/** What a process that was killed in the middle has left. */
function removeLeftOvers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /^\.part-(\d+)-/.exec(name)?.[1]
    if (pid && !isAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function root(data: string): string {
  return join(data, 'engines', '.built-in')
}

function filesOnBoard(): BuiltInFile[] {
  return listFiles('gpu').map((path) => [path.slice('gpu/'.length), readBytes(path)])
}

function hashOf(files: BuiltInFile[]): string {
  const hasher = new Bun.CryptoHasher('sha256')
  for (const [name, bytes] of files) hasher.update(`${name}\0${bytes.length}\0`).update(bytes)
  return hasher.digest('hex').slice(0, HASH_LENGTH)
}
