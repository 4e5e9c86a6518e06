//! An S3 server in this process: real HTTP on a free port, signatures checked, objects in memory. It can also fail in
//! the ways that servers and networks do.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::TcpListener;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, ETagCondition, GetObjectInput, GetObjectOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object, PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpResponse, S3, S3Request, S3Response, S3Result, s3_error};

pub(crate) const ACCESS_KEY: &str = "test-access-key";
pub(crate) const SECRET_KEY: &str = "test-secret-key";
pub(crate) const BUCKET: &str = "schema-sync-test";

/// One such server. It goes on until the process ends.
pub(crate) struct S3Server {
    pub(crate) endpoint: String,
    pub(crate) bucket: Arc<Bucket>,
}

/// An object as the server has it.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) bytes: Vec<u8>,
    pub(crate) stored: SystemTime,
    crc32: Option<String>,
}

/// The only bucket, and how it behaves.
#[derive(Default)]
pub(crate) struct Bucket {
    objects: Mutex<BTreeMap<String, Kept>>,
    /// Takes the condition of a PUT and ignores it.
    pub(crate) lies: AtomicBool,
    /// Answers that it does not know conditional writes.
    pub(crate) knows_no_conditions: AtomicBool,
    /// Refuses whatever would change something.
    pub(crate) is_read_only: AtomicBool,
    /// Refuses to delete anything.
    pub(crate) keeps_all: AtomicBool,
    /// Has no room.
    pub(crate) is_full: AtomicBool,
    /// Of a thousand requests, so many fail in some way.
    pub(crate) failing_of_1000: AtomicU64,
    /// So many of the next PUTs are done, and their answers are lost.
    pub(crate) lost_replies: AtomicU64,
    /// So many of the next PUTs are answered with 409, and not done.
    pub(crate) conflicts: AtomicU64,
    pub(crate) requests: AtomicU64,
    /// How long each request takes at least, in milliseconds.
    pub(crate) delay_ms: AtomicU64,
    in_flight: AtomicU64,
    /// How many requests were there at once at most.
    pub(crate) in_flight_max: AtomicU64,
}

impl Bucket {
    pub(crate) fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.objects.lock().unwrap()
    }

    /// Keeps bytes as if somebody had put them without a checksum.
    pub(crate) fn write(&self, key: &str, bytes: &[u8]) {
        let kept = Kept { bytes: bytes.to_vec(), stored: SystemTime::now(), crc32: None };
        self.objects().insert(key.to_owned(), kept);
    }
}

fn count_down(counter: &AtomicU64) -> bool {
    counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}

impl S3Server {
    /// Starts a server on a thread of its own, which knows one pair of keys.
    pub(crate) fn start(secret_key: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let bucket = Arc::new(Bucket::default());
        let served = Arc::clone(&bucket);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(serve(listener, served, secret_key));
        });
        Self { endpoint, bucket }
    }
}

async fn serve(listener: TcpListener, bucket: Arc<Bucket>, secret_key: &str) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let mut builder = S3ServiceBuilder::new(Shared(Arc::clone(&bucket)));
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, secret_key));
    let service = builder.build();
    loop {
        let Ok((connection, _)) = listener.accept().await else { continue };
        connection.set_nodelay(true).unwrap();
        let (service, bucket) = (service.clone(), Arc::clone(&bucket));
        tokio::spawn(async move {
            let answering = service_fn(move |request| answer(service.clone(), Arc::clone(&bucket), request));
            let http = hyper::server::conn::http1::Builder::new();
            // A client that goes away, or whose answer is lost, is what is tested here.
            let _ = http.serve_connection(TokioIo::new(connection), answering).await;
        });
    }
}

/// What is wrong with a request, before, after or instead of doing it.
enum Fault {
    None,
    Slow,
    LostReply,
    Conflict,
    Unavailable,
    DoneAndFailed,
    BrokenOff,
}

impl Bucket {
    fn next_fault(&self, is_put: bool, is_get: bool) -> Fault {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if is_put && count_down(&self.lost_replies) {
            return Fault::LostReply;
        }
        if is_put && count_down(&self.conflicts) {
            return Fault::Conflict;
        }
        if fastrand::u64(0..1_000) >= self.failing_of_1000.load(Ordering::Relaxed) {
            return Fault::None;
        }
        match fastrand::u8(0..6) {
            0 => Fault::Slow,
            1 => Fault::LostReply,
            2 if is_put => Fault::Conflict,
            3 if is_get => Fault::BrokenOff,
            4 => Fault::DoneAndFailed,
            _ => Fault::Unavailable,
        }
    }
}

/// An error loses the connection, and the answer with it.
async fn answer(
    service: S3Service,
    bucket: Arc<Bucket>,
    request: hyper::Request<hyper::body::Incoming>,
) -> Result<HttpResponse, String> {
    let (is_put, is_get) = (request.method() == "PUT", request.method() == "GET");
    let fault = bucket.next_fault(is_put, is_get);
    match fault {
        Fault::Conflict => return Ok(refusal(409, "ConditionalRequestConflict")),
        Fault::Unavailable => return Ok(refusal(503, "SlowDown")),
        Fault::Slow => tokio::time::sleep(Duration::from_millis(fastrand::u64(50..300))).await,
        _ => {}
    }
    let in_flight = bucket.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
    bucket.in_flight_max.fetch_max(in_flight, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(bucket.delay_ms.load(Ordering::Relaxed))).await;
    let response = service.call(request.map(Body::from)).await;
    bucket.in_flight.fetch_sub(1, Ordering::SeqCst);
    let response = response.map_err(|error| format!("{error:?}"))?;
    match fault {
        Fault::LostReply => Err("lost".to_owned()),
        Fault::DoneAndFailed => Ok(refusal(500, "InternalError")),
        Fault::BrokenOff => Ok(response.map(|_| {
            let half = stream::iter([Ok(Bytes::from_static(b"ha")), Err(std::io::Error::other("broken off"))]);
            Body::http_body_unsync(http_body_util::StreamBody::new(half.map(|part| part.map(hyper::body::Frame::data))))
        })),
        _ => Ok(response),
    }
}

fn refusal(status: u16, code: &str) -> HttpResponse {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>as told</Message></Error>");
    let mut response = HttpResponse::new(Body::from(body));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap();
    response
}

/// The bucket as `s3s` asks for it.
struct Shared(Arc<Bucket>);

impl Shared {
    fn check_bucket(name: &str) -> S3Result<()> {
        if name == BUCKET { Ok(()) } else { Err(s3_error!(NoSuchBucket)) }
    }
}

#[async_trait::async_trait]
impl S3 for Shared {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        Self::check_bucket(&input.bucket)?;
        if self.0.is_read_only.load(Ordering::Relaxed) {
            return Err(s3_error!(AccessDenied));
        }
        if self.0.is_full.load(Ordering::Relaxed) {
            let mut error =
                s3s::S3Error::with_message(s3s::S3ErrorCode::Custom("QuotaExceeded".into()), "no room is left");
            error.set_status_code(hyper::StatusCode::FORBIDDEN);
            return Err(error);
        }
        if input.checksum_crc32.is_none() {
            return Err(s3_error!(InvalidRequest, "a checksum is expected"));
        }
        let mut bytes = Vec::new();
        let mut body = input.body.ok_or_else(|| s3_error!(IncompleteBody))?;
        while let Some(part) = body.next().await {
            bytes.extend(part.map_err(|_| s3_error!(IncompleteBody))?);
        }
        if self.0.knows_no_conditions.load(Ordering::Relaxed) && input.if_none_match.is_some() {
            return Err(s3_error!(NotImplemented));
        }
        let is_conditional = matches!(input.if_none_match, Some(ETagCondition::Any));
        let mut objects = self.0.objects();
        if is_conditional && !self.0.lies.load(Ordering::Relaxed) && objects.contains_key(&input.key) {
            return Err(s3_error!(PreconditionFailed));
        }
        let kept = Kept { bytes, stored: SystemTime::now(), crc32: input.checksum_crc32 };
        objects.insert(input.key, kept);
        Ok(S3Response::new(PutObjectOutput::default()))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        Self::check_bucket(&input.bucket)?;
        let kept = self.0.objects().get(&input.key).cloned().ok_or_else(|| s3_error!(NoSuchKey))?;
        let length = i64::try_from(kept.bytes.len()).unwrap();
        let bytes = Bytes::from(kept.bytes);
        Ok(S3Response::new(GetObjectOutput {
            body: Some(StreamingBlob::wrap(stream::iter([Ok::<_, Infallible>(bytes)]))),
            content_length: Some(length),
            checksum_crc32: kept.crc32,
            ..GetObjectOutput::default()
        }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        Self::check_bucket(&request.input.bucket)?;
        if self.0.is_read_only.load(Ordering::Relaxed) || self.0.keeps_all.load(Ordering::Relaxed) {
            return Err(s3_error!(AccessDenied));
        }
        self.0.objects().remove(&request.input.key);
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        Self::check_bucket(&input.bucket)?;
        let prefix = input.prefix.unwrap_or_default();
        let after = input.start_after.unwrap_or_default();
        let limit = input.max_keys.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(1_000).min(1_000);
        let objects = self.0.objects();
        let range = (Bound::Excluded(after.clone()), Bound::Unbounded);
        let range = if after < prefix { (Bound::Included(prefix.clone()), Bound::Unbounded) } else { range };
        let mut found = objects.range(range).take_while(|(key, _)| key.starts_with(&prefix));
        let contents: Vec<Object> = found
            .by_ref()
            .take(limit)
            .map(|(key, kept)| Object {
                key: Some(key.clone()),
                size: i64::try_from(kept.bytes.len()).ok(),
                last_modified: Some(kept.stored.into()),
                ..Object::default()
            })
            .collect();
        Ok(S3Response::new(ListObjectsV2Output {
            is_truncated: Some(found.next().is_some()),
            key_count: i32::try_from(contents.len()).ok(),
            contents: Some(contents),
            ..ListObjectsV2Output::default()
        }))
    }
}
