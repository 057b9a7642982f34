//! `GET /v1/complaints/{id}/attachments/{attachment}`

use super::{front, original};
use crate::{
    desk::{access::Permission, attachments::Format},
    serve::{
        State,
        caller::{Caller, RequestId},
        problem::{Problem, Refusal},
        query::{Given, IdAndPart},
        refused::Refused,
    },
};
use axum::{
    Extension,
    body::Body,
    extract::State as Shared,
    http::header,
    response::{IntoResponse, Response},
};
use std::fmt::Write;
use utoipa::ToSchema;

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "the form of an answer, for the document")]
pub(super) struct File(Vec<u8>);

/// Open a file of a complaint
///
/// It comes as it was sent: nobody masks files. Every time is noted in the audit log: who, when, and what for.
#[utoipa::path(
    get, path = "/v1/complaints/{id}/attachments/{attachment}", tag = "complaints",
    params(
        ("id" = String, Path, description = "The id, or the complaint number"),
        ("attachment" = String, Path, description = "The id of the file"),
        ("purpose" = String, Query, description = "What it is needed for: 1 to 200 characters on one line",
            min_length = 1, max_length = 200, pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$"),
    ),
    responses(
        Refused,
        (status = 200, description = "The file, for saving: never to be shown as a page of ours", content(
            (File = "image/*"),
            (File = "audio/*"),
        )),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No purpose", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database or the store of attachments is out of reach", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn attachment(
    Shared(state): Shared<State>,
    caller: Caller,
    given: Given,
    request: Option<Extension<RequestId>>,
    IdAndPart(id, attachment): IdAndPart,
) -> Result<Response, Refusal> {
    let front = front(&state)?;
    let [purpose] = given.only(["purpose"], "purpose")?;
    caller.require(Permission::ComplaintsReadOriginal)?;
    let purpose = original::purpose(purpose, "file")?;
    let complaint = front.complaint_for(&id, Permission::ComplaintsReadOriginal, &caller.0).await?;
    let request = request.map(|Extension(RequestId(id))| id);
    let file = front.desk.attachment(&complaint, &attachment, &caller.0, purpose, request).await?;
    let headers = [
        (header::CONTENT_TYPE, file.format.media_type().to_owned()),
        (header::CONTENT_LENGTH, file.size.to_string()),
        (header::CONTENT_DISPOSITION, disposition(file.name.as_deref(), file.format, &attachment)),
        (header::ETAG, format!("\"{}\"", file.sha256)),
        // Whatever the file is, no browser takes it for a page of this server.
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".into()),
        (header::CACHE_CONTROL, "no-store".into()),
    ];
    Ok((headers, Body::from_stream(file.bytes())).into_response())
}

/// For saving under its name (RFC 6266, with the name as in RFC 8187), and with an ending that is true; one that cannot read
/// that takes the id.
fn disposition(name: Option<&str>, format: Format, id: &str) -> String {
    let ending = format.endings()[0];
    let plain = format!("attachment; filename=\"{id}.{ending}\"");
    let Some(name) = name else { return plain };
    let true_ending = |(_, said): (&str, &str)| format.endings().iter().any(|known| said.eq_ignore_ascii_case(known));
    let name = match name.rsplit_once('.').is_some_and(true_ending) {
        true => name.to_owned(),
        false => format!("{name}.{ending}"),
    };
    let mut coded = String::with_capacity(3 * name.len());
    for byte in name.bytes() {
        match byte {
            b'!' | b'#' | b'$' | b'&' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~' => {
                coded.push(byte.into())
            }
            byte if byte.is_ascii_alphanumeric() => coded.push(byte.into()),
            byte => write!(coded, "%{byte:02X}").expect("a string takes what is written to it"),
        }
    }
    format!("{plain}; filename*=UTF-8''{coded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_saved_under_its_name_with_a_true_ending() {
        let of = |name| disposition(name, Format::Jpeg, "7");
        assert_eq!(of(None), "attachment; filename=\"7.jpg\"");
        assert_eq!(of(Some("a b.JPEG")), "attachment; filename=\"7.jpg\"; filename*=UTF-8''a%20b.JPEG");
        assert_eq!(of(Some("票\".exe")), "attachment; filename=\"7.jpg\"; filename*=UTF-8''%E7%A5%A8%22.exe.jpg");
    }
}
