import { describe, expect, it } from 'vitest';
import { splitSql } from '../../../local/stand-in/split-sql.ts';

const texts = (script: string) => splitSql(script).map(({ text }) => text);

describe('splitting a script', () => {
  it.each([
    ['at semicolons', 'USE `a`;\nUSE `b`', ['USE `a`', 'USE `b`']],
    ['not in quotes', `SET @a = 'x;''y\\';', @b = ";", @c = \`;\`; USE c`, [`SET @a = 'x;''y\\';', @b = ";", @c = \`;\``, 'USE c']],
    ['not in comments', '-- a; comment\nUSE a; /* one; more */ USE b', ['USE a', '/* one; more */ USE b']],
    ['at the delimiter that was set', 'DELIMITER ;;\nBEGIN; END ;;\nDELIMITER ;\nUSE a;', ['BEGIN; END', 'USE a']],
    ['and unwraps what MySQL executes', '/*!50003 DROP VIEW IF EXISTS `v` */;', ['DROP VIEW IF EXISTS `v`']],
  ])('cuts %s', (_, script, expected) => {
    expect(texts(script)).toEqual(expected);
  });

  it('keeps the comments of a body', () => {
    expect(texts("DELIMITER //\nBEGIN\n  -- it's a comment\n  SELECT 1;\nEND//\n")).toEqual([
      "BEGIN\n  -- it's a comment\n  SELECT 1;\nEND",
    ]);
  });

  it('counts the line on which a statement begins', () => {
    expect(splitSql('-- a comment\nUSE a;\n\nUSE\nb;\nUSE c').map(({ line }) => line)).toEqual([2, 4, 6]);
  });
});
