//! Reads the text of CREATE TABLE, exactly by SQLite's grammar: most of it no pragma tells. Knows no database; whether
//! it understood is cross-checked against the pragmas by whoever calls.

mod foreign_key;

use self::foreign_key::{deferrable, references};
use super::model::{
    CheckAttributes, ColumnAttributes, Conflict, ForeignKeyAttributes, KeyColumn, PrimaryKeyAttributes,
    TableAttributes, UniqueAttributes,
};
use super::parse::{Cursor, ParseError};
use super::token::{TokenKind, canonical};

/// A constraint, of a column or of the table: which of the two it was written as makes no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Constraint {
    PrimaryKey(PrimaryKeyAttributes),
    Unique(UniqueAttributes),
    Check(CheckAttributes),
    ForeignKey(ForeignKeyAttributes),
}

/// What the text of CREATE TABLE says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableText {
    pub(super) table: TableAttributes,
    /// In their order, with their names.
    pub(super) columns: Vec<(String, ColumnAttributes)>,
    pub(super) constraints: Vec<Constraint>,
    /// Whether the primary key stands behind the columns, and not at one of them.
    is_key_of_table: bool,
}

impl TableText {
    /// Whether a primary key is another name for the rowid.
    pub(super) fn is_rowid_alias(&self, key: &PrimaryKeyAttributes) -> bool {
        !self.table.without_rowid
            && matches!(key.columns.as_slice(), [KeyColumn { descending: false, .. }])
            && is_lone_integer(&key.columns, &self.columns)
    }
}

/// Reads the text as `sqlite_schema` has it.
pub(super) fn parse(sql: &str) -> Result<TableText, ParseError> {
    let mut cursor = Cursor::new(sql);
    cursor.expect_word("CREATE")?;
    cursor.expect_word("TABLE")?;
    cursor.name()?;
    cursor.expect_symbol("(")?;
    let mut text = TableText {
        table: TableAttributes::default(),
        columns: Vec::new(),
        constraints: Vec::new(),
        is_key_of_table: false,
    };
    loop {
        if text.columns.is_empty() || !begins_table_constraint(&cursor) {
            column(&mut cursor, &mut text)?;
        } else {
            table_constraint(&mut cursor, &mut text)?;
            // Commas between table constraints may be missing.
            while begins_table_constraint(&cursor) {
                table_constraint(&mut cursor, &mut text)?;
            }
        }
        if !cursor.take_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")?;
    options(&mut cursor, &mut text.table)?;
    cursor.expect_end()?;
    text.table.columns = text.columns.iter().map(|(name, _)| name.clone()).collect();
    settle(&mut text);
    forget_ignored_direction(&mut text);
    Ok(text)
}

/// SQLite looks at the DESC of a lone INTEGER key only where it stands at the column itself, or where there is no rowid.
fn forget_ignored_direction(text: &mut TableText) {
    if text.table.without_rowid || !text.is_key_of_table {
        return;
    }
    let columns = &text.columns;
    for constraint in &mut text.constraints {
        if let Constraint::PrimaryKey(key) = constraint
            && is_lone_integer(&key.columns, columns)
        {
            key.columns.iter_mut().for_each(|part| part.descending = false);
        }
    }
}

fn options(cursor: &mut Cursor<'_>, table: &mut TableAttributes) -> Result<(), ParseError> {
    loop {
        if cursor.take_word("STRICT") {
            table.strict = true;
        } else if cursor.take_word("WITHOUT") {
            cursor.expect_word("ROWID")?;
            table.without_rowid = true;
        }
        if !cursor.take_symbol(",") {
            return Ok(());
        }
    }
}

fn begins_table_constraint(cursor: &Cursor<'_>) -> bool {
    ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|word| cursor.peek_word(word))
}

fn table_constraint(cursor: &mut Cursor<'_>, text: &mut TableText) -> Result<(), ParseError> {
    let name = constraint_name(cursor)?;
    if cursor.take_word("PRIMARY") {
        cursor.expect_word("KEY")?;
        cursor.expect_symbol("(")?;
        let columns = key_columns(cursor)?;
        let autoincrement = cursor.take_word("AUTOINCREMENT");
        cursor.expect_symbol(")")?;
        let conflict = conflict_clause(cursor)?;
        text.is_key_of_table = true;
        let key = PrimaryKeyAttributes { columns, autoincrement, conflict, constraint: name };
        text.constraints.push(Constraint::PrimaryKey(key));
    } else if cursor.take_word("UNIQUE") {
        cursor.expect_symbol("(")?;
        let columns = key_columns(cursor)?;
        cursor.expect_symbol(")")?;
        let conflict = conflict_clause(cursor)?;
        text.constraints.push(Constraint::Unique(UniqueAttributes { columns, conflict, constraint: name }));
    } else if cursor.take_word("CHECK") {
        let expression = cursor.parenthesised()?;
        // SQLite reads a conflict clause here and does nothing with it.
        conflict_clause(cursor)?;
        text.constraints.push(Constraint::Check(CheckAttributes { expression, constraint: name }));
    } else if cursor.take_word("FOREIGN") {
        cursor.expect_word("KEY")?;
        cursor.expect_symbol("(")?;
        let columns = cursor.names()?;
        cursor.expect_symbol(")")?;
        cursor.expect_word("REFERENCES")?;
        let mut key = references(cursor, columns, name)?;
        key.deferred = deferrable(cursor)?.unwrap_or_default();
        text.constraints.push(Constraint::ForeignKey(key));
    } else if name.is_none() {
        return Err(cursor.unexpected("a constraint"));
    }
    Ok(())
}

fn is_lone_integer(key: &[KeyColumn], columns: &[(String, ColumnAttributes)]) -> bool {
    let [only] = key else { return false };
    let column = columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(&only.column));
    column.is_some_and(|(_, column)| column.declared_type.as_deref() == Some("INTEGER"))
}

fn constraint_name(cursor: &mut Cursor<'_>) -> Result<Option<String>, ParseError> {
    let mut name = None;
    // A later name overrides an earlier one that names nothing.
    while cursor.take_word("CONSTRAINT") {
        name = Some(cursor.name()?);
    }
    Ok(name)
}

fn column(cursor: &mut Cursor<'_>, text: &mut TableText) -> Result<(), ParseError> {
    let name = cursor.name()?;
    let mut column = ColumnAttributes { declared_type: declared_type(cursor)?, ..ColumnAttributes::default() };
    loop {
        let constraint = constraint_name(cursor)?;
        if !column_value(cursor, &mut column)? && !column_constraint(cursor, &name, constraint, text)? {
            break;
        }
    }
    text.columns.push((name, column));
    Ok(())
}

/// Reads what a column says of its values; whether there was such a thing.
fn column_value(cursor: &mut Cursor<'_>, column: &mut ColumnAttributes) -> Result<bool, ParseError> {
    if cursor.take_word("DEFAULT") {
        column.default = Some(default_value(cursor)?);
    } else if cursor.take_word("NULL") {
        conflict_clause(cursor)?;
    } else if cursor.take_word("NOT") {
        if cursor.peek_word("DEFERRABLE") {
            cursor.step_back();
            return Ok(false);
        }
        cursor.expect_word("NULL")?;
        column.not_null = true;
        column.not_null_conflict = conflict_clause(cursor)?;
    } else if cursor.take_word("COLLATE") {
        let collation = cursor.name()?.to_ascii_uppercase();
        column.collation = (collation != "BINARY").then_some(collation);
    } else if cursor.peek_word("GENERATED") || cursor.peek_word("AS") {
        if cursor.take_word("GENERATED") {
            cursor.expect_word("ALWAYS")?;
        }
        cursor.expect_word("AS")?;
        column.generated = Some(cursor.parenthesised()?);
        column.stored = cursor.take_word("STORED");
        cursor.take_word("VIRTUAL");
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Reads a constraint that stands at a column; whether there was one.
fn column_constraint(
    cursor: &mut Cursor<'_>,
    column: &str,
    name: Option<String>,
    text: &mut TableText,
) -> Result<bool, ParseError> {
    let key = |descending| KeyColumn { column: column.to_owned(), collation: None, descending };
    if cursor.take_word("PRIMARY") {
        cursor.expect_word("KEY")?;
        let descending = direction(cursor);
        let conflict = conflict_clause(cursor)?;
        let autoincrement = cursor.take_word("AUTOINCREMENT");
        let key = PrimaryKeyAttributes { columns: vec![key(descending)], autoincrement, conflict, constraint: name };
        text.constraints.push(Constraint::PrimaryKey(key));
    } else if cursor.take_word("UNIQUE") {
        let conflict = conflict_clause(cursor)?;
        let unique = UniqueAttributes { columns: vec![key(false)], conflict, constraint: name };
        text.constraints.push(Constraint::Unique(unique));
    } else if cursor.take_word("CHECK") {
        let expression = cursor.parenthesised()?;
        text.constraints.push(Constraint::Check(CheckAttributes { expression, constraint: name }));
    } else if cursor.take_word("REFERENCES") {
        let key = references(cursor, vec![column.to_owned()], name)?;
        text.constraints.push(Constraint::ForeignKey(key));
    } else if let Some(deferred) = deferrable(cursor)? {
        // It belongs to the last foreign key, whichever column that stands at.
        let last = text.constraints.iter_mut().rev().find_map(|constraint| match constraint {
            Constraint::ForeignKey(key) => Some(key),
            _ => None,
        });
        if let Some(key) = last {
            key.deferred = deferred;
        }
    } else {
        return Ok(name.is_some());
    }
    Ok(true)
}

/// The words of a type, with the numbers in parentheses behind them.
fn declared_type(cursor: &mut Cursor<'_>) -> Result<Option<String>, ParseError> {
    const ENDS: [&str; 12] = [
        "CONSTRAINT",
        "DEFAULT",
        "NULL",
        "NOT",
        "PRIMARY",
        "UNIQUE",
        "CHECK",
        "REFERENCES",
        "COLLATE",
        "AS",
        "DEFERRABLE",
        "FOREIGN",
    ];
    let begin = cursor.position();
    while let Some(token) = cursor.peek() {
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Quoted | TokenKind::Text);
        let is_generated =
            token.is_word("GENERATED") && cursor.peek_second().is_some_and(|next| next.is_word("ALWAYS"));
        if !is_name || is_generated || ENDS.iter().any(|end| token.is_word(end)) {
            break;
        }
        cursor.advance();
    }
    if cursor.position() == begin {
        return Ok(None);
    }
    if cursor.peek_symbol("(") {
        cursor.skip_parenthesised()?;
    }
    Ok(Some(canonical_type(cursor.since(begin))))
}

/// A type as one line, unquoted words in upper case.
pub(super) fn canonical_type(tokens: &[super::token::Token<'_>]) -> String {
    let mut line = String::new();
    for (index, token) in tokens.iter().enumerate() {
        let is_word = matches!(token.kind, TokenKind::Word | TokenKind::Quoted | TokenKind::Text);
        if index > 0 && is_word {
            line.push(' ');
        }
        if token.kind == TokenKind::Word {
            line.push_str(&token.text.to_ascii_uppercase())
        } else {
            line.push_str(token.text)
        }
    }
    line
}

/// What stands behind DEFAULT.
fn default_value(cursor: &mut Cursor<'_>) -> Result<String, ParseError> {
    if cursor.peek_symbol("(") {
        return Ok(format!("({})", cursor.parenthesised()?));
    }
    let sign = if cursor.take_symbol("-") { "-" } else { "" };
    if sign.is_empty() {
        cursor.take_symbol("+");
    }
    let token = cursor.advance().ok_or_else(|| cursor.unexpected("a default value"))?;
    let is_keyword = ["NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"];
    let text = match token.kind {
        TokenKind::Word if is_keyword.iter().any(|word| token.is_word(word)) => token.text.to_ascii_uppercase(),
        TokenKind::Symbol => return Err(cursor.unexpected("a default value")),
        _ => token.text.to_owned(),
    };
    Ok(format!("{sign}{text}"))
}

fn direction(cursor: &mut Cursor<'_>) -> bool {
    let descending = cursor.take_word("DESC");
    if !descending {
        cursor.take_word("ASC");
    }
    descending
}

/// Columns of a key up to the closing parenthesis or AUTOINCREMENT, which stay.
fn key_columns(cursor: &mut Cursor<'_>) -> Result<Vec<KeyColumn>, ParseError> {
    let mut columns = Vec::new();
    loop {
        let column = cursor.name()?;
        let collation = if cursor.take_word("COLLATE") { Some(cursor.name()?.to_ascii_uppercase()) } else { None };
        columns.push(KeyColumn { column, collation, descending: direction(cursor) });
        if !cursor.take_symbol(",") {
            return Ok(columns);
        }
    }
}

fn conflict_clause(cursor: &mut Cursor<'_>) -> Result<Option<Conflict>, ParseError> {
    if !cursor.take_word("ON") {
        return Ok(None);
    }
    cursor.expect_word("CONFLICT")?;
    let known = [
        ("ROLLBACK", Some(Conflict::Rollback)),
        ("ABORT", None),
        ("FAIL", Some(Conflict::Fail)),
        ("IGNORE", Some(Conflict::Ignore)),
        ("REPLACE", Some(Conflict::Replace)),
    ];
    known
        .into_iter()
        .find_map(|(word, conflict)| cursor.take_word(word).then_some(conflict))
        .ok_or_else(|| cursor.unexpected("what to do ON CONFLICT"))
}

/// Takes names as the columns themselves have them, and leaves out collations that a column has anyway.
fn settle(text: &mut TableText) {
    let declared = |name: &mut String| {
        let found = text.columns.iter().find(|(column, _)| column.eq_ignore_ascii_case(name));
        if let Some((column, _)) = found {
            name.clone_from(column);
        }
        found.and_then(|(_, column)| column.collation.clone())
    };
    for constraint in &mut text.constraints {
        match constraint {
            Constraint::PrimaryKey(PrimaryKeyAttributes { columns, .. })
            | Constraint::Unique(UniqueAttributes { columns, .. }) => {
                for key in columns {
                    let own = declared(&mut key.column).unwrap_or_else(|| "BINARY".to_owned());
                    if key.collation.as_ref() == Some(&own) {
                        key.collation = None;
                    }
                }
            }
            Constraint::ForeignKey(key) => {
                for column in &mut key.columns {
                    declared(column);
                }
            }
            Constraint::Check(_) => {}
        }
    }
}

/// The canonical form of a type that a pragma tells.
pub(super) fn canonical_type_of(text: &str) -> String {
    canonical_type(&super::token::tokenize(text))
}

/// The canonical form of an expression that a pragma tells.
pub(super) fn canonical_expression(text: &str) -> String {
    canonical(&super::token::tokenize(text))
}
