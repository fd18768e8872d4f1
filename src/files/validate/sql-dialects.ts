import { blankComments } from '../../db/sqlite-parser.ts'

/** Words and shapes of dialects and shells that neither PostgreSQL's nor SQLite's parser knows. */
const FOREIGN = [
  // MySQL, MariaDB
  /`|\b(?:ENGINE|CHARSET)\s*=|\bAUTO_INCREMENT\b|^\s*DELIMITER\b|\bUNSIGNED\b|\bON\s+DUPLICATE\s+KEY\b|\bCHARACTER\s+SET\b/im,
  /^\s*(?:LOCK\s+TABLES|USE\s+\w|SHOW\s+\w|SOURCE\s|FLUSH\s)|\bIDENTIFIED\s+BY\b|\b(?:TINYINT|MEDIUMTEXT|LONGTEXT|MEDIUMBLOB|LONGBLOB|DATETIME)\b|\bENUM\s*\(\s*'/im,
  /@\w+\s*:=|^\s*SET\s+@|\bSTRAIGHT_JOIN\b|\b(?:MODIFY|CHANGE)\s+(?:COLUMN\s+)?\w+\s+\w|\bADD\s+(?:INDEX|KEY)\b|\bDROP\s+(?:INDEX\s+\w+\s+ON|FOREIGN\s+KEY|PRIMARY\s+KEY)\b|\bRENAME\s+TABLE\b|\bIF\s+NOT\s+EXISTS\s*\(/im,
  // SQL Server
  /^\s*GO\s*(?:\d+\s*)?;?\s*$|\[\w[\w ]*\]\.?\[|\bN(?:VAR)?CHAR\b|\bIDENTITY\s*\(|\bTOP\s*\(?\s*\d|\bDECLARE\s+@|^\s*(?:EXEC(?:UTE)?|PRINT|THROW|RAISERROR)\b|\bOBJECT_ID\b|\bdbo\b|@@\w|\b(?:CROSS|OUTER)\s+APPLY\b|\bWITH\s*\(\s*NOLOCK/im,
  // Oracle, Firebird, Db2
  /\b(?:N?VARCHAR2|NUMBER\s*\(|PLS_INTEGER|SYSDATE|SYSTIMESTAMP|ROWNUM)\b|^\s*\/\s*$|^\s*PROMPT\b|\bCREATE\s+(?:OR\s+REPLACE\s+)?PACKAGE\b|\bFROM\s+DUAL\b|\bSET\s+TERM\b|\bCONNECT\s+BY\b|\bEXECUTE\s+IMMEDIATE\b|\(\+\)/im,
  // stores of columns, and what reads files as tables
  /\b(?:STRUCT|ARRAY|MAP)\s*<|\b(?:ORDER|PARTITION(?:ED)?|CLUSTERED|SORTED|DISTRIBUTED?|PREWHERE)\s+BY\s*\(.*\bBUCKETS\b|\bSTORED\s+AS\b|\bMergeTree\b|\bDISTKEY\b|\bSORTKEY\b|\bLATERAL\s+(?:VIEW|FLATTEN)\b|\bQUALIFY\b|\*\s*(?:EXCEPT|EXCLUDE|REPLACE)\s*\(|\bLowCardinality\b|\b(?:INT64|FLOAT64|BYTES\s*\(|STRING\s*\()|\bINTERLEAVE\s+IN\b|\bVARIANT\b|\bTBLPROPERTIES\b|\bUSING\s+(?:DELTA|ICEBERG|PARQUET)\b|\bFROM\s+'[^']*'/i,
  // the shells of PostgreSQL and SQLite, and what they read
  /^\s*\\[a-z!?]|\bFROM\s+STDIN\b|(?<![:\w]):['"]|^\.[a-z]+\b/im,
  // places that a program fills in
  /%s|%\(\w+\)s|\$\{|#\{|#\w+#|\{\w*\}|\{\{|<\w+>|&&?\w+|\?\?|__\w+__|:[a-z]\w*:/i,
]

/** Whether a text looks as if it were for a database or a shell other than those whose parsers are here, or for a program that fills it in. */
export function isOfAnotherDialect(sql: string): boolean {
  const bare = blankComments(sql)
  return /\/\*!\d/.test(sql) || FOREIGN.some((shape) => shape.test(bare))
}
