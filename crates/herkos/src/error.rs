//! What can go wrong while a module is read and translated.

use std::fmt;

/// Where in the module an error was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The module, where several are linked: its name among them.
    pub module: Option<String>,
    /// The function, by its name or, without a name, by its number (function index space).
    pub function: Option<String>,
    /// Byte offset from the start of the binary module. For text input it counts in the
    /// binary that the text assembles to.
    pub offset: Option<usize>,
}

impl Place {
    /// A place known by its byte offset alone.
    pub(crate) fn offset(offset: usize) -> Self {
        Self { offset: Some(offset), ..Self::default() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = &self.module {
            write!(f, " (in module `{}`)", module.escape_debug())?;
        }
        match (&self.function, self.offset) {
            (Some(function), Some(offset)) => {
                write!(f, " (in function {function}, at offset 0x{offset:x})")
            }
            (Some(function), None) => write!(f, " (in function {function})"),
            (None, Some(offset)) => write!(f, " (at offset 0x{offset:x})"),
            (None, None) => Ok(()),
        }
    }
}

/// Why a module could not be translated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The input is not a well-formed, valid module (specification, chapters "Validation",
    /// "Binary Format" and "Text Format").
    Invalid {
        /// What the decoder or validator found.
        message: String,
        /// Where it found it.
        place: Place,
    },
    /// The module is valid but uses a feature that herkos does not translate.
    Unsupported {
        /// The feature, by the name of its proposal.
        feature: String,
        /// Where it is used first.
        place: Place,
    },
    /// The module exceeds a limit of herkos or of the chosen options.
    Limit {
        /// Which limit, and what to do.
        message: String,
        /// Where it is exceeded.
        place: Place,
    },
    /// Modules that can't be linked: an import does not match the export that it names.
    Link {
        /// What does not match, with both sides by name.
        message: String,
        /// The place; unknown.
        place: Place,
    },
    /// A fault of herkos itself: the module is valid and supported, and yet the translation
    /// failed one of its own checks.
    Internal {
        /// The check that failed.
        message: String,
        /// Where.
        place: Place,
    },
}

impl Error {
    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::Limit { message: message.into(), place: Place::default() }
    }

    pub(crate) fn link(message: impl Into<String>) -> Self {
        Self::Link { message: message.into(), place: Place::default() }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::Internal { message: message.into(), place: Place::default() }
    }

    /// Where in the module the error was found.
    pub fn place(&self) -> &Place {
        match self {
            Self::Invalid { place, .. }
            | Self::Unsupported { place, .. }
            | Self::Limit { place, .. }
            | Self::Link { place, .. }
            | Self::Internal { place, .. } => place,
        }
    }

    fn place_mut(&mut self) -> &mut Place {
        match self {
            Self::Invalid { place, .. }
            | Self::Unsupported { place, .. }
            | Self::Limit { place, .. }
            | Self::Link { place, .. }
            | Self::Internal { place, .. } => place,
        }
    }

    /// The same error, in the module named `module`.
    pub(crate) fn in_module(mut self, module: &str) -> Self {
        self.place_mut().module = Some(module.to_owned());
        self
    }

    /// The same error, in the function named `function` (unless it names one already).
    pub(crate) fn in_function(mut self, function: impl FnOnce() -> String) -> Self {
        let place = self.place_mut();
        if place.function.is_none() {
            place.function = Some(function());
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { message, place } => write!(f, "invalid module: {message}{place}"),
            Self::Unsupported { feature, place } => {
                write!(f, "unsupported feature: {feature}{place}")
            }
            Self::Limit { message, place } => write!(f, "limit exceeded: {message}{place}"),
            Self::Link { message, place } => write!(f, "modules do not fit: {message}{place}"),
            Self::Internal { message, place } => write!(
                f,
                "internal error: {message}{place}; this is a fault of herkos, please report it"
            ),
        }
    }
}

impl std::error::Error for Error {}
