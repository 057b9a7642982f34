//! The query of a request: what a path does not know is refused, not passed over. Never quotes what was sent.

use super::{State, problem::Refusal};
use crate::{Complaint, taxonomy::Language};
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use std::ops::RangeInclusive;
use utoipa::openapi::{
    OpenApi, RefOr,
    path::{Parameter, ParameterIn},
    schema::{Object, Schema, SchemaType, Type},
};

/// How complaints are to be answered, many at once as well: `?lang=en&receipt=true`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wishes {
    /// The language of names and reasons.
    language: Option<Language>,
    /// Whether the decision brings a receipt.
    receipt: bool,
}

impl Wishes {
    /// The complaint with these wishes.
    pub fn of(self, complaint: Complaint) -> Complaint {
        Complaint { answer_in: self.language, receipt: self.receipt, ..complaint }
    }
}

/// How one complaint is to be answered: `?explain=true&lang=en`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SingleWishes {
    /// Whether the decision is explained.
    pub explain: bool,
    pub others: Wishes,
}

impl FromRequestParts<State> for SingleWishes {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Refusal> {
        let known = "explain, lang and receipt";
        let [explain, lang, receipt] = Given::read(parts).only(["explain", "lang", "receipt"], known)?;
        let explain = flag("explain", explain.as_deref())?.unwrap_or(false);
        Ok(SingleWishes { explain, others: wishes(lang, receipt)? })
    }
}

impl FromRequestParts<State> for Wishes {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Refusal> {
        let [lang, receipt] = Given::read(parts).only(["lang", "receipt"], "lang and receipt")?;
        wishes(lang, receipt)
    }
}

fn wishes(lang: Option<String>, receipt: Option<String>) -> Result<Wishes, Refusal> {
    let receipt = flag("receipt", receipt.as_deref())?.unwrap_or(false);
    Ok(Wishes { language: language(lang.as_deref())?, receipt })
}

/// The longest value, in characters.
const LONGEST: usize = 1_000;

/// The parameters of a request, decoded: what a path knows is taken by name, anything else is refused.
pub(super) struct Given(Vec<(String, String)>);

impl FromRequestParts<State> for Given {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Refusal> {
        Ok(Given::read(parts))
    }
}

impl Given {
    fn read(parts: &Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Given(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The values of the parameters that a path knows; `known` names them in a refusal.
    pub fn only<const N: usize>(
        self,
        names: [&'static str; N],
        known: &'static str,
    ) -> Result<[Option<String>; N], Refusal> {
        let mut values = [const { None }; N];
        for (name, value) in self.0 {
            let Some(place) = names.iter().position(|known| *known == name) else {
                return Err(Refusal::UnknownParameter { known });
            };
            if values[place].is_some() {
                return Err(Refusal::InvalidParameter { name: names[place], reason: "is given twice" });
            }
            if value.contains('\0') || value.chars().nth(LONGEST).is_some() {
                let reason = "has a NUL character, or more than 1,000 characters";
                return Err(Refusal::InvalidParameter { name: names[place], reason });
            }
            values[place] = Some(value);
        }
        Ok(values)
    }

    /// Refuses all.
    pub fn none(self) -> Result<(), Refusal> {
        self.only([], "none").map(|[]| ())
    }
}

/// Writes into the document what [`Given::only`] refuses in any text: a parameter's own bounds, where it has them, stay.
pub(super) fn describe_texts(document: &mut OpenApi) {
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete, &mut path.patch];
        let parameters =
            operations.into_iter().flatten().filter_map(|operation| operation.parameters.as_mut()).flatten();
        for object in parameters.filter_map(free_text) {
            object.max_length.get_or_insert(LONGEST);
            object.pattern.get_or_insert_with(|| r"^[^\x00]*$".to_owned());
        }
    }
}

fn free_text(parameter: &mut RefOr<Parameter>) -> Option<&mut Object> {
    let RefOr::T(Parameter {
        parameter_in: ParameterIn::Query, schema: Some(RefOr::T(Schema::Object(object))), ..
    }) = parameter
    else {
        return None;
    };
    (object.schema_type == SchemaType::Type(Type::String) && object.format.is_none()).then_some(object)
}

/// What a path is about: an id, a number, a token. Nothing has one with control characters in it.
pub(super) struct Id(pub String);

impl FromRequestParts<State> for Id {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) if !id.chars().any(char::is_control) => Ok(Id(id)),
            _ => Err(Refusal::NotFound),
        }
    }
}

/// What a path is about, and which part of it.
pub(super) struct IdAndPart(pub String, pub String);

impl FromRequestParts<State> for IdAndPart {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        match Path::<(String, String)>::from_request_parts(parts, state).await {
            Ok(Path((id, part))) if !id.chars().chain(part.chars()).any(char::is_control) => Ok(IdAndPart(id, part)),
            _ => Err(Refusal::NotFound),
        }
    }
}

/// A whole number within bounds; one outside is refused.
pub(super) fn number(
    name: &'static str,
    value: Option<&str>,
    bounds: RangeInclusive<u64>,
) -> Result<Option<u64>, Refusal> {
    let Some(value) = value else { return Ok(None) };
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|number| digits && bounds.contains(number));
    number.map(Some).ok_or(Refusal::InvalidParameter { name, reason: "must be a whole number within its bounds" })
}

/// True or false.
pub(super) fn flag(name: &'static str, value: Option<&str>) -> Result<Option<bool>, Refusal> {
    match value {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Refusal::InvalidParameter { name, reason: "must be true or false" }),
    }
}

pub(super) fn language(value: Option<&str>) -> Result<Option<Language>, Refusal> {
    match value {
        None => Ok(None),
        Some("zh") => Ok(Some(Language::Zh)),
        Some("en") => Ok(Some(Language::En)),
        Some(_) => Err(Refusal::InvalidParameter { name: "lang", reason: "must be zh or en" }),
    }
}
