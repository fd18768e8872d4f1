import { matches } from './calls.ts'
import type { Hit } from './finding.ts'
import { linesAround, type Source } from './source.ts'

/** Weak ways of keeping secrets: quick hashes of passwords, ciphers that show patterns, guessable tokens, connections to anybody. */
export function crypto(source: Source): Hit[] {
  if (!CODE.has(source.language)) return []
  return [...hashes(source), ...ciphers(source), ...guessable(source), ...openTls(source)]
}

const CODE = new Set(
  'javascript jsx typescript tsx python php ruby go java kotlin csharp rust c cpp swift perl bash sql dockerfile yaml makefile ini toml'.split(
    ' ',
  ),
)

const QUICK =
  /createHash\(\s{0,3}["'`](?:md5|sha-?1|sha-?256|sha-?512|md4)["'`]|\bhashlib\.(?:md5|sha1|sha256|sha512|new)\s{0,3}\(|(?<![\w>$.])(?:md5|sha1)\s{0,3}\(|\bhash\(\s{0,3}["'](?:md5|sha1|sha256|sha512)["']|\bDigest::(?:MD5|SHA1|SHA256|SHA2)\b|MessageDigest\.getInstance\(\s{0,3}"(?:MD5|SHA-?1|SHA-?256|SHA-?512)"|\b(?:md5|sha1|sha256)\.(?:Sum|New|Sum256)\w{0,3}\(|\bMD5\.Create\(|\bSHA1\.Create\(|\bCryptoJS\.(?:MD5|SHA1|SHA256)\(|\bCryptoHasher\(\s{0,3}["'](?:md5|sha1|sha256)["']|\b(?:md5sum|sha1sum)\b|\bMD5\(|\bSHA1\(|\bDigestUtils\.\w{1,12}Hex\(/g
const PASSWORD =
  /(?<![a-z])(?:pass(?:word|wd|phrase|code)?|pwd|pw|user_?pass|plain_?text_?password|mot_?de_?passe|passwort|kennwort)(?![a-z])/i
const BROKEN = /md[45]|sha-?1(?!\d)/i
/** What stretches a hash, and what asks a service for breached ones by its first letters. */
const STRETCHED = /pbkdf2|scrypt|bcrypt|argon2|hmac|pwned|breach|hibp|substring\(0, ?5\)|slice\(0, ?5\)|\[:5\]/i

function hashes(source: Source): Hit[] {
  return matches(source.code, QUICK, ({ 0: call, index }) => {
    const near = source.code.slice(...linesAround(source, index, 1, 2))
    if (!aboutPassword(source, index, near) || STRETCHED.test(near)) return undefined
    return {
      rule: 'weak-hash',
      severity: BROKEN.test(call) ? 'high' : 'medium',
      reason: 'Passwords that are hashed this quickly can be guessed by the billion. Use argon2id, scrypt or bcrypt.',
    }
  })
}

/** In the words around the hash, as code: `hashPassword`, `user.password`. */
function aboutPassword(source: Source, at: number, near: string): boolean {
  const words = near.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ')
  return (
    PASSWORD.test(words) &&
    !/etag|checksum|cache|fingerprint|gravatar|integrity/i.test(source.code.slice(...linesAround(source, at, 2, 2)))
  )
}

const CIPHER =
  /createCipheriv\(\s{0,3}["'`](?:aes-\d{3}-ecb|des|des-ede3?|rc4|bf|rc2)[\w-]{0,8}["'`]|\bcreateCipher\(|\bcreateDecipher\(|\b(?:AES|DES3?|Blowfish|CAST)\.MODE_ECB\b|\bmodes\.ECB\(|\b(?:ARC4|DES|DES3|TripleDES|Blowfish)\.new\(|\balgorithms\.(?:ARC4|Blowfish|IDEA)\(|Cipher\.getInstance\(\s{0,3}"(?:AES(?:\/ECB[^"]{0,30})?|DES[^"]{0,30}|RC4|ARCFOUR|Blowfish[^"]{0,30})"|["'](?:aes-(?:128|192|256)-ecb|des-ecb|rc4|bf-ecb|des-ede3?|des-cbc)["']|\bCipherMode\.ECB\b|\bdes\.NewCipher\(|\brc4\.NewCipher\(|\bmode\s{0,3}:\s{0,3}CryptoJS\.mode\.ECB|OpenSSL::Cipher(?:::AES)?\.new\(\s{0,3}["'][^"'\n]{0,20}ECB|\bmcrypt_\w{1,20}\(/gi

function ciphers(source: Source): Hit[] {
  return matches(source.code, CIPHER, () => ({
    rule: 'weak-cipher',
    severity: 'high',
    reason:
      'This cipher, or this way of using it, shows what was enciphered. Use AES-GCM or ChaCha20-Poly1305 with a fresh nonce.',
  }))
}

const DICE =
  /\bMath\.random\(|\brandom\.(?:random|randint|choice|choices|randrange|sample|getrandbits|shuffle)\(|(?<![\w>:$])(?:mt_rand|rand|uniqid|lcg_value|str_shuffle)\(|\bnew\s{1,3}(?:java\.util\.)?Random\(|\bRandomStringUtils\.|\bThreadLocalRandom\b|(?<!crypto\/)\brand\.(?:Intn?|Int31n?|Int63n?|Read|Float64|Perm|Seed)\(|\bKernel\.rand\b|\bRandom\.(?:rand|new|Next)\b|\$RANDOM\b|\bnew\s{1,3}Random\b/g
const TOKENS =
  /(?<![a-z])(?:tokens?|secrets?|pass(?:word|wd|code|phrase)s?|session(?:[ _]?ids?)?|nonces?|otp|totp|csrf|xsrf|api[ _]?keys?|salts?|reset|verification[ _]?codes?|auth[ _]?codes?|access[ _]?keys?|private[ _]?keys?|encryption|invite[ _]?codes?|pin[ _]?codes?|recovery|magic[ _]?links?|signing|iv|activation|one[ _]?time|backup[ _]?codes?|login[ _]?codes?|coupon|license[ _]?keys?)(?![a-z])/i
/** Tokens of other kinds, and of languages. */
const NO_TOKENS =
  /max[ _]?tokens|tokens[ _]?per|token[ _]?count|num[ _]?tokens|reset[ _]?(?:game|board|timer|view)|\b(?:jitter|backoff|delay|sleep|animation|color|colour|mock|fake|seed|sampling|temperature|next[ _]?token|tokeniz)/i
const SECURE =
  /secrets\.|SystemRandom|crypto\/rand|SecureRandom|random_bytes|random_int|getRandomValues|randomBytes|randomUUID|randomInt/

function guessable(source: Source): Hit[] {
  if (source.language === 'go' && source.code.includes('crypto/rand')) return []
  return matches(source.code, DICE, ({ index }) => {
    const near = wordsOf(`${headAbove(source, index)} ${source.code.slice(...linesAround(source, index, 0, 0))}`)
    if (!TOKENS.test(near) || NO_TOKENS.test(near) || SECURE.test(near)) return undefined
    return {
      rule: 'weak-random',
      severity: 'high',
      reason:
        'These numbers can be foretold, and so can the secret that is made of them. Take random bytes of the system’s cryptography.',
    }
  })
}

const HEAD = /\b(?:function|def|func|fn|public|private|static)\b|=>\s*\{?\s*$|\)\s*\{\s*$/
const LINES_ABOVE = 5

/** The head of the function that a place is in, when it is near. */
function headAbove(source: Source, at: number): string {
  const above = source.bare.slice(linesAround(source, at, LINES_ABOVE, 0)[0], linesAround(source, at, 0, 0)[0])
  return above.split('\n').findLast((line) => HEAD.test(line)) ?? ''
}

function wordsOf(code: string): string {
  return code.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' ')
}

const OPEN_TLS =
  /\brejectUnauthorized["']?\s{0,3}:\s{0,3}(?:false\b|!1)|NODE_TLS_REJECT_UNAUTHORIZED["']?\]?\s{0,3}[=:]\s{0,3}["']?0|\bverify\s{0,3}=\s{0,3}False\b|\bInsecureSkipVerify\s{0,3}:\s{0,3}true|CURLOPT_SSL_VERIFY(?:PEER|HOST)\s{0,3}(?:,|=>)\s{0,3}(?:false|0)\b|["']?verify_peer(?:_name)?["']?\s{0,3}=>\s{0,3}false|\bVERIFY_NONE\b|\b_create_unverified_context\b|\bcheck_hostname\s{0,3}=\s{0,3}False|\bssl\.CERT_NONE\b|cert_reqs\s{0,3}=\s{0,3}["']?(?:ssl\.)?CERT_NONE|\bssl\s{0,3}=\s{0,3}False\b|\bcurl\b[^\n|;]{0,200}\s(?:-[a-zA-Z]{0,6}k[a-zA-Z]{0,6}|--insecure)(?=\s)|--no-check-certificate\b|\bstrict-ssl["']?\s{0,3}[ =:]\s{0,3}false|http\.sslVerify\s{0,3}[ =]\s{0,3}["']?false|GIT_SSL_NO_VERIFY\s{0,3}[=:]\s{0,3}["']?(?:1|true)|\bNoopHostnameVerifier\b|ALLOW_ALL_HOSTNAME_VERIFIER|etHostnameVerifier\(\s{0,3}\([\w\s,]{1,40}\)\s{0,3}->\s{0,3}true|ServerCertificateCustomValidationCallback\s{0,3}[+=]{1,2}[^;\n]{0,100}=>\s{0,3}true|DangerousAcceptAnyServerCertificateValidator|danger_accept_invalid_certs\(\s{0,3}true|verify_mode\s{0,3}=\s{0,3}ssl\.CERT_NONE|checkServerTrusted\([^)\n]{0,120}\)\s{0,3}(?:throws\s\w{1,40}\s{0,3})?\{\s{0,3}\}/g

function openTls(source: Source): Hit[] {
  const lines = new Set<number>()
  return matches(source.code, OPEN_TLS, ({ index }) => {
    const [line] = linesAround(source, index, 0, 0)
    if (lines.has(line)) return undefined
    lines.add(line)
    return {
      rule: 'tls-off',
      severity: 'high',
      reason:
        'The other side of the connection is not checked: anybody between can read and change it. Trust the one certificate that is meant instead.',
    }
  })
}
