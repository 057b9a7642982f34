//! A body with files: multipart/form-data (RFC 7578), read as it comes. Files go to the store while they arrive: of each body 3 MiB
//! are held where that is a folder, 17 MiB where it is S3. What is wrong is named, and nothing that was sent is quoted.

use super::{State, body, problem::Refusal};
use crate::{
    Desk, Error,
    desk::attachments::{AT_ONCE, Received},
};
use axum::{
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, multipart::Field, multipart::MultipartError},
    http::{HeaderMap, StatusCode, header},
};
use futures_util::TryStreamExt;

/// The part that is a file.
const FILE: &str = "attachment";

/// What a body had: texts by the names that were asked for, and files that are on the disk already.
pub(super) struct Form<const N: usize> {
    pub texts: [Option<Vec<u8>>; N],
    pub files: Vec<Received>,
}

/// Whether a body has parts.
pub(super) fn is_multipart(headers: &HeaderMap) -> bool {
    body::text(headers, header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim() == "multipart/form-data"
}

/// Reads a body with texts of the given names, each once at most, and up to [`AT_ONCE`] files; in any order. Hands it on to
/// whoever takes it; nothing is left of files that are not taken, or of a body that is refused, but what was arriving when its time
/// was over: that is swept.
pub(super) async fn taken<const N: usize, T>(
    request: Request,
    state: &State,
    desk: &Desk,
    names: [&'static str; N],
    take: impl AsyncFnOnce(Form<N>) -> Result<T, Error>,
) -> Result<T, Refusal> {
    let form = read(request, state, desk, names).await?;
    let files = form.files.clone();
    let taken = take(form).await.map_err(Refusal::from);
    discard(desk, &files, taken.as_ref().err()).await;
    taken
}

async fn read<const N: usize>(
    request: Request,
    state: &State,
    desk: &Desk,
    names: [&'static str; N],
) -> Result<Form<N>, Refusal> {
    let headers = request.headers();
    if !is_multipart(headers) || !body::is_plain(headers) {
        return Err(Refusal::NotMultipart);
    }
    let limit = state.settings().upload_body;
    if body::announces_more(headers, limit) {
        return Err(too_large(limit));
    }
    let places = state.settings().uploads;
    let _place = state.uploads().try_acquire().map_err(|_| Refusal::TooManyUploads { places })?;
    let mut form = Form { texts: [const { None }; N], files: Vec::new() };
    let read = body::within(state.settings().upload_patience, parts(request, state, desk, names, &mut form)).await;
    match read {
        Ok(()) => Ok(form),
        Err(refusal) => {
            discard(desk, &form.files, Some(&refusal)).await;
            Err(refusal)
        }
    }
}

/// Removes those of some files that nobody took.
async fn discard(desk: &Desk, files: &[Received], refusal: Option<&Refusal>) {
    // A database that did not answer would not answer now either, and may be about to take them: they are swept later.
    if matches!(refusal, Some(Refusal::Engine(Error::StoreUnavailable { .. }))) {
        return;
    }
    if let Err(error) = desk.discard(files).await {
        tracing::warn!(code = error.code(), "files that nobody took are swept later");
    }
}

async fn parts<const N: usize>(
    mut request: Request,
    state: &State,
    desk: &Desk,
    names: [&'static str; N],
    form: &mut Form<N>,
) -> Result<(), Refusal> {
    let limit = state.settings().upload_body;
    DefaultBodyLimit::max(limit).apply(&mut request);
    let mut parts = Multipart::from_request(request, state).await.map_err(|_| Refusal::NotMultipart)?;
    while let Some(part) = parts.next_field().await.map_err(|error| broken(&error, limit))? {
        if part.name() == Some(FILE) {
            if form.files.len() == AT_ONCE {
                return Err(Error::TooManyAttachments { limit: AT_ONCE }.into());
            }
            let called = format!("{FILE} {}", form.files.len() + 1);
            let name = part.file_name().map(str::to_owned);
            let bytes = part.map_err(|error| broken(&error, limit));
            form.files.push(desk.receive(&called, name.as_deref(), bytes).await?);
            continue;
        }
        let place = names.iter().position(|name| part.name() == Some(name));
        match place {
            Some(place) if form.texts[place].is_none() => {
                form.texts[place] = Some(text(part, state.settings().body, limit).await?);
            }
            Some(place) => return Err(wrong(names[place], "is there twice")),
            None => {
                let known: Vec<&str> = names.into_iter().chain([FILE]).collect();
                return Err(wrong("a part", &format!("has another name than {}", known.join(", "))));
            }
        }
    }
    Ok(())
}

async fn text(mut part: Field<'_>, most: usize, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut text = Vec::new();
    while let Some(bytes) = part.chunk().await.map_err(|error| broken(&error, limit))? {
        if text.len() + bytes.len() > most {
            return Err(Refusal::BodyTooLarge { limit: most });
        }
        text.extend_from_slice(&bytes);
    }
    Ok(text)
}

/// What the parser says may quote what was sent, so its kind is all that is told.
fn broken(error: &MultipartError, limit: usize) -> Refusal {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(limit),
        StatusCode::BAD_REQUEST => {
            let reason = "it breaks off, or a part or its header does not have the form".into();
            Error::Multipart { reason }.into()
        }
        _ => Refusal::BodyBroken,
    }
}

fn too_large(limit: usize) -> Refusal {
    Error::AttachmentTooLarge { part: "the body".into(), limit: limit as u64 }.into()
}

fn wrong(what: &str, reason: &str) -> Refusal {
    Error::InvalidRequest { what: what.into(), reason: reason.into() }.into()
}
