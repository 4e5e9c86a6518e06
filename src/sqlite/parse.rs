//! A cursor over tokens: what the readers of CREATE statements share. Knows no statement.

use super::token::{Token, canonical, tokenize};

/// A text that is not what SQLite's grammar leads one to expect there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected} was expected before `{found}`")]
pub(super) struct ParseError {
    expected: String,
    found: String,
}

/// Reads tokens from first to last.
pub(super) struct Cursor<'a> {
    sql: &'a str,
    tokens: Vec<Token<'a>>,
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Self { sql, tokens: tokenize(sql), position: 0 }
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.position).copied()
    }

    pub(super) fn peek_second(&self) -> Option<Token<'a>> {
        self.tokens.get(self.position + 1).copied()
    }

    pub(super) fn peek_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(word))
    }

    pub(super) fn peek_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|token| token.is_symbol(symbol))
    }

    /// The token at hand, stepping over it.
    pub(super) fn advance(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.position += usize::from(token.is_some());
        token
    }

    pub(super) fn step_back(&mut self) {
        self.position = self.position.saturating_sub(1);
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The tokens from a position to the one at hand.
    pub(super) fn since(&self, begin: usize) -> &[Token<'a>] {
        self.tokens.get(begin..self.position).unwrap_or_default()
    }

    /// All tokens that are left, stepping over them.
    pub(super) fn rest(&mut self) -> &[Token<'a>] {
        let begin = std::mem::replace(&mut self.position, self.tokens.len());
        self.since(begin)
    }

    /// The text from the token at hand to the end of the last token, as it is written; empty behind the last.
    pub(super) fn rest_as_written(&self) -> &'a str {
        match (self.peek(), self.tokens.last()) {
            (Some(first), Some(last)) => self.sql.get(first.start..last.end()).unwrap_or_default(),
            _ => "",
        }
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is_there = self.peek_word(word);
        self.position += usize::from(is_there);
        is_there
    }

    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let is_there = self.peek_symbol(symbol);
        self.position += usize::from(is_there);
        is_there
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), ParseError> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected(word)) }
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<(), ParseError> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.unexpected(symbol)) }
    }

    pub(super) fn expect_end(&self) -> Result<(), ParseError> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected("the end")) }
    }

    pub(super) fn name(&mut self) -> Result<String, ParseError> {
        let name = self.peek().and_then(|token| token.name()).ok_or_else(|| self.unexpected("a name"))?;
        self.position += 1;
        Ok(name)
    }

    /// Names at commas; a collation or direction behind one, which SQLite reads in some places and ignores, is ignored.
    pub(super) fn names(&mut self) -> Result<Vec<String>, ParseError> {
        let mut names = Vec::new();
        loop {
            names.push(self.name()?);
            if self.take_word("COLLATE") {
                self.name()?;
            }
            if !self.take_word("ASC") {
                self.take_word("DESC");
            }
            if !self.take_symbol(",") {
                return Ok(names);
            }
        }
    }

    /// Steps over an opening parenthesis, its closing one, and all between.
    pub(super) fn skip_parenthesised(&mut self) -> Result<(), ParseError> {
        let mut depth = 0_usize;
        loop {
            if self.peek_symbol("(") {
                depth += 1;
            } else if self.peek_symbol(")") {
                depth = depth.saturating_sub(1);
            }
            if self.advance().is_none() {
                return Err(self.unexpected(")"));
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// The canonical text between an opening parenthesis and its closing one.
    pub(super) fn parenthesised(&mut self) -> Result<String, ParseError> {
        if !self.peek_symbol("(") {
            return Err(self.unexpected("("));
        }
        let begin = self.position;
        self.skip_parenthesised()?;
        let tokens = self.since(begin);
        Ok(canonical(tokens.get(1..tokens.len() - 1).unwrap_or_default()))
    }

    pub(super) fn unexpected(&self, expected: &str) -> ParseError {
        let found = self.peek().map_or_else(|| "the end".to_owned(), |token| token.text.to_owned());
        ParseError { expected: expected.to_owned(), found }
    }
}
