// What a training step does between matrix products, fused. Every kernel writes its outputs whole. Arrays are row-major f32; the
// order of parameters is outputs, inputs, numbers. The plain forms in plain.rs are the reference.

typedef unsigned int u32;

// As `ops::keeps`: the same values are dropped on every machine.
__device__ __forceinline__ bool keeps(u32 seed, u32 position, u32 threshold) {
    u32 h = position * 0x9e3779b9u ^ seed;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    h ^= h >> 16;
    return h >= threshold;
}

__device__ __forceinline__ float dropped(float x, u32 seed, u32 position, u32 threshold, float scale) {
    return keeps(seed, position, threshold) ? x * scale : 0.0f;
}

__device__ __forceinline__ float warp_sum(float x) {
    for (int step = 16; step > 0; step >>= 1) x += __shfl_xor_sync(0xffffffffu, x, step);
    return x;
}

__device__ __forceinline__ float warp_max(float x) {
    for (int step = 16; step > 0; step >>= 1) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, step));
    return x;
}

#define PLACE (blockIdx.x * blockDim.x + threadIdx.x)

extern "C" __global__ void drop(float* out, const float* x, u32 n, u32 seed, u32 threshold, float scale) {
    u32 i = PLACE;
    if (i < n) out[i] = dropped(x[i], seed, i, threshold, scale);
}

// residual + drop(x + bias)
extern "C" __global__ void join(float* out, const float* x, const float* bias, const float* residual, u32 n, u32 width, u32 seed,
                                u32 threshold, float scale) {
    u32 i = PLACE;
    if (i < n) out[i] = residual[i] + dropped(x[i] + bias[i % width], seed, i, threshold, scale);
}

extern "C" __global__ void gelu(float* wide, float* active, const float* x, const float* bias, u32 n, u32 width) {
    u32 i = PLACE;
    if (i >= n) return;
    float v = x[i] + bias[i % width];
    wide[i] = v;
    active[i] = 0.5f * v * (1.0f + erff(v * 0.70710678f));
}

extern "C" __global__ void gelu_back(float* out, const float* slope, const float* wide, u32 n) {
    u32 i = PLACE;
    if (i >= n) return;
    float v = wide[i];
    float below = 0.5f * (1.0f + erff(v * 0.70710678f));
    out[i] = slope[i] * (below + v * 0.39894228f * expf(-0.5f * v * v));
}

// One warp a row.
__device__ __forceinline__ void moments(const float* x, u32 width, float eps, u32 lane, float* mean, float* scale) {
    float sum = 0.0f;
    for (u32 c = lane; c < width; c += 32) sum += x[c];
    *mean = warp_sum(sum) / width;
    float square = 0.0f;
    for (u32 c = lane; c < width; c += 32) {
        float d = x[c] - *mean;
        square += d * d;
    }
    *scale = rsqrtf(warp_sum(square) / width + eps);
}

extern "C" __global__ void layer_norm(float* out, const float* x, const float* w, const float* b, u32 rows, u32 width, float eps) {
    u32 row = PLACE / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    x += (size_t)row * width;
    out += (size_t)row * width;
    float mean, scale;
    moments(x, width, eps, lane, &mean, &scale);
    for (u32 c = lane; c < width; c += 32) out[c] = (x[c] - mean) * scale * w[c] + b[c];
}

// dx, and dy times the normal values: its column sums are the gradient of the weight.
extern "C" __global__ void layer_norm_back(float* dx, float* product, const float* x, const float* dy, const float* w, u32 rows, u32 width,
                                     float eps) {
    u32 row = PLACE / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    size_t at = (size_t)row * width;
    x += at, dy += at, dx += at, product += at;
    float mean, scale;
    moments(x, width, eps, lane, &mean, &scale);
    float slopes = 0.0f, along = 0.0f;
    for (u32 c = lane; c < width; c += 32) {
        float normal = (x[c] - mean) * scale, slope = dy[c] * w[c];
        product[c] = dy[c] * normal;
        slopes += slope;
        along += slope * normal;
    }
    slopes = warp_sum(slopes) / width;
    along = warp_sum(along) / width;
    for (u32 c = lane; c < width; c += 32) {
        float normal = (x[c] - mean) * scale;
        dx[c] = scale * (dy[c] * w[c] - slopes - normal * along);
    }
}

// Rectangles: [texts * heads, length, size], zero behind the end of a text.
extern "C" __global__ void split_heads(float* q, float* k, float* v, const float* qkv, const float* bias, const u32* starts, u32 n,
                                       u32 heads, u32 length, u32 size, float scale) {
    u32 i = PLACE;
    if (i >= n) return;
    u32 c = i % size, place = i / size % length, head = i / size / length % heads, text = i / size / length / heads;
    u32 start = starts[text], hidden = heads * size, column = head * size + c;
    if (start + place >= starts[text + 1]) {
        q[i] = k[i] = v[i] = 0.0f;
        return;
    }
    const float* row = qkv + (size_t)(start + place) * 3 * hidden;
    q[i] = (row[column] + bias[column]) * scale;
    k[i] = row[hidden + column] + bias[hidden + column];
    v[i] = row[2 * hidden + column] + bias[2 * hidden + column];
}

extern "C" __global__ void spread_heads(float* out, const float* x, const u32* starts, u32 n, u32 heads, u32 length, u32 size) {
    u32 i = PLACE;
    if (i >= n) return;
    u32 c = i % size, place = i / size % length, head = i / size / length % heads, text = i / size / length / heads;
    u32 piece = starts[text] + place;
    out[i] = piece < starts[text + 1] ? x[(size_t)piece * heads * size + head * size + c] : 0.0f;
}

// Where column `column` of a piece lies in a rectangle; `place` is that of the piece among texts * length.
__device__ __forceinline__ size_t in_heads(u32 place, u32 column, u32 heads, u32 length, u32 size) {
    u32 text = place / length, head = column / size;
    return ((size_t)(text * heads + head) * length + place % length) * size + column % size;
}

extern "C" __global__ void gather_heads(float* out, const float* x, const u32* places, u32 n, u32 heads, u32 length, u32 size) {
    u32 i = PLACE;
    if (i < n) out[i] = x[in_heads(places[i / (heads * size)], i % (heads * size), heads, length, size)];
}

extern "C" __global__ void gather_qkv(float* out, const float* q, const float* k, const float* v, const u32* places, u32 n, u32 heads,
                                      u32 length, u32 size, float scale) {
    u32 i = PLACE;
    if (i >= n) return;
    u32 hidden = heads * size, column = i % (3 * hidden);
    size_t at = in_heads(places[i / (3 * hidden)], column % hidden, heads, length, size);
    out[i] = column < hidden ? scale * q[at] : column < 2 * hidden ? k[at] : v[at];
}

// One warp a row of the scores, [texts * heads, length, length].
extern "C" __global__ void softmax(float* weights, float* kept, const float* scores, const u32* starts, u32 rows, u32 heads, u32 length,
                                   u32 seed, u32 threshold, float scale) {
    u32 row = PLACE / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    u32 place = row % length, head = row / length % heads, text = row / length / heads;
    u32 count = starts[text + 1] - starts[text];
    size_t at = (size_t)row * length;
    scores += at, weights += at, kept += at;
    if (place >= count) {
        for (u32 c = lane; c < length; c += 32) weights[c] = kept[c] = 0.0f;
        return;
    }
    float largest = -3.4e38f, total = 0.0f;
    for (u32 c = lane; c < count; c += 32) largest = fmaxf(largest, scores[c]);
    largest = warp_max(largest);
    for (u32 c = lane; c < count; c += 32) total += expf(scores[c] - largest);
    total = 1.0f / warp_sum(total);
    u32 first = (head * count + place) * count;
    for (u32 c = lane; c < length; c += 32) {
        float w = c < count ? expf(scores[c] - largest) * total : 0.0f;
        weights[c] = w;
        kept[c] = dropped(w, seed ^ text, first + c, threshold, scale);
    }
}

extern "C" __global__ void softmax_back(float* out, const float* slope, const float* weights, const u32* starts, u32 rows, u32 heads,
                                        u32 length, u32 seed, u32 threshold, float scale) {
    u32 row = PLACE / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    u32 place = row % length, head = row / length % heads, text = row / length / heads;
    u32 count = starts[text + 1] - starts[text];
    size_t at = (size_t)row * length;
    slope += at, weights += at, out += at;
    if (place >= count) {
        for (u32 c = lane; c < length; c += 32) out[c] = 0.0f;
        return;
    }
    u32 first = (head * count + place) * count;
    float mean = 0.0f;
    for (u32 c = lane; c < count; c += 32) mean += weights[c] * dropped(slope[c], seed ^ text, first + c, threshold, scale);
    mean = warp_sum(mean);
    for (u32 c = lane; c < length; c += 32) {
        float d = c < count ? dropped(slope[c], seed ^ text, first + c, threshold, scale) : 0.0f;
        out[c] = weights[c] * (d - mean);
    }
}

// `state` holds the first and then the second moments.
extern "C" __global__ void adam_moments(float* state, const float* slope, u32 n, float beta1, float beta2, float clip) {
    u32 i = PLACE;
    if (i >= n) return;
    float g = slope[i] * clip;
    state[i] = beta1 * state[i] + (1.0f - beta1) * g;
    state[n + i] = beta2 * state[n + i] + (1.0f - beta2) * g * g;
}

extern "C" __global__ void adam_step(float* weight, const float* state, u32 n, float rate, float decay, float first, float second,
                                     float epsilon) {
    u32 i = PLACE;
    if (i < n) weight[i] -= rate * (state[i] * first / (sqrtf(state[n + i] * second) + epsilon) + decay * weight[i]);
}

extern "C" __global__ void follow(float* mean, const float* values, u32 n, float keep) {
    u32 i = PLACE;
    if (i < n) mean[i] = values[i] + (mean[i] - values[i]) * keep;
}

// Cross-entropy of every row of scores over a vocabulary with the wanted one, and share times its gradient. One warp a row.
extern "C" __global__ void guess(float* slope, float* loss, const float* scores, const float* bias, const u32* wanted, u32 rows,
                                 u32 width, float share) {
    u32 row = PLACE / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    scores += (size_t)row * width;
    slope += (size_t)row * width;
    float best = -3.0e38f;
    for (u32 c = lane; c < width; c += 32) best = fmaxf(best, scores[c] + bias[c]);
    best = warp_max(best);
    float sum = 0.0f;
    for (u32 c = lane; c < width; c += 32) sum += expf(scores[c] + bias[c] - best);
    sum = warp_sum(sum);
    u32 goal = wanted[row];
    if (lane == 0) loss[row] = logf(sum) + best - scores[goal] - bias[goal];
    for (u32 c = lane; c < width; c += 32) {
        float p = expf(scores[c] + bias[c] - best) / sum;
        slope[c] = share * (p - (c == goal ? 1.0f : 0.0f));
    }
}
