use super::{
    AdamW, EncoderRecipe, Recipe,
    corpus::Example,
    device::{DeviceGradients, DevicePass, keep_memory},
    losses::Losses,
    masked::{Guessed, Guesser, Hidden, hide_spans},
    optimizer::Gradient,
    pass::{Gradients, Pass},
    schedule,
};
use crate::{
    Error, Result,
    bundle::file,
    classify::transformer::{
        Encoder, EncoderConfig, HEAD_BIAS, HEAD_WEIGHT, HeadLayout, Noise, Pooling, WORD_TABLE, Weights, model_tensors,
        ops, quantize,
    },
    encode::{Pieces, Ragged},
    taxonomy::Taxonomy,
};
use candle_core::{DType, Device, Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, collections::HashMap, path::Path};

/// A transformer that learns: the encoder's and the heads' weights as variables, their losses and their optimiser.
pub struct Learner {
    pub encoder: Encoder,
    pub head_weight: Var,
    pub head_bias: Var,
    pub optimizer: AdamW,
    losses: Losses,
    /// Guesses hidden pieces, where the recipe says so.
    guesser: Option<Guesser>,
    way: Way,
    recipe: Recipe,
    pooling: Pooling,
    mask_id: u32,
}

/// By which way a batch goes through the encoder.
enum Way {
    Host(Box<Pass>),
    Device(Box<DevicePass>),
}

impl Way {
    fn states(&self, places: &[u32]) -> Result<Tensor> {
        match self {
            Way::Host(pass) => pass.states(places),
            Way::Device(pass) => pass.states(places),
        }
    }
}

/// Gradients of what guesses.
#[derive(Default)]
struct Guesses {
    host: Gradients,
    device: DeviceGradients,
}

/// What one step tells.
#[derive(Debug, Clone, Copy)]
pub struct StepReport {
    pub loss: f32,
    /// The guesses' part, unweighted, where pieces are guessed.
    pub guessed: Option<f32>,
    /// Norm of the gradient before clipping.
    pub norm: f64,
}

impl Learner {
    /// From a pretrained encoder's folder, with new heads for the taxonomy.
    /// Training runs on the CPU and, in a build with the feature `cuda`, on cards by NVIDIA.
    pub fn new(recipe: &Recipe, taxonomy: &Taxonomy, rows: &[Example], mask_id: u32, device: &Device) -> Result<Self> {
        let start = recipe.encoder()?;
        let EncoderRecipe { path: folder, pooling, heads, .. } = start;
        if device.is_cuda() {
            // Products round what they multiply to 10 bits (TF32), as PyTorch's do where it is asked to be fast; sums are in f32.
            candle_core::cuda::set_gemm_reduced_precision_f32(true);
            keep_memory(device)?;
        }
        let config = EncoderConfig::open(&folder.join("config.json"))?;
        let model = folder.join("model.safetensors");
        let inputs = pooling.width(config.hidden_size);
        let mut tensors = start_of(start)?;
        let own_heads = heads.then(|| heads_of(&mut tensors, &model, taxonomy, inputs)).transpose()?;
        let fault = |reason| Error::Encoder { path: model.clone(), reason };
        let weights = Weights::from_hf(tensors, &config, &Device::Cpu).map_err(fault)?;
        let place = |name: &str| if DevicePass::holds(name) { device.clone() } else { Device::Cpu };
        let weights = weights.into_trainable_on(place)?;
        let encoder = Encoder { config, weights };
        let layout = HeadLayout::of(taxonomy);
        let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed);
        // The sum of twelve uniforms is normal enough for a start at 0.02.
        let mut normal = || 0.02 * ((0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0);
        let start: Vec<f32> = (0..layout.width * inputs).map(|_| normal()).collect();
        let (head_weight, head_bias) = match own_heads {
            Some(heads) => heads,
            None => (
                Var::from_vec(start, (layout.width, inputs), &Device::Cpu)?,
                Var::from_vec(vec![0.0f32; layout.width], layout.width, &Device::Cpu)?,
            ),
        };
        let losses = Losses::new(recipe, taxonomy, rows);
        let table = encoder.weights.table();
        let guesser = recipe.masked_language.as_ref();
        let guesser =
            guesser.map(|masked| Guesser::new(masked, &encoder.config, table, &mut normal, device)).transpose()?;
        let mut heads = vec![(HEAD_WEIGHT, head_weight.clone()), (HEAD_BIAS, head_bias.clone())];
        heads.extend(guesser.iter().flat_map(Guesser::vars).map(|(name, var)| (name, var.clone())));
        let mut learner = Learner {
            optimizer: optimizer(recipe, &encoder, heads)?,
            way: match device.is_cpu() {
                true => {
                    Way::Host(Box::new(Pass::new(&encoder.config, *pooling, &encoder.weights, recipe.rounds.products)?))
                }
                false => Way::Device(Box::new(DevicePass::new(&encoder.config, *pooling, &encoder.weights, device))),
            },
            encoder,
            head_weight,
            head_bias,
            losses,
            guesser,
            recipe: recipe.clone(),
            pooling: *pooling,
            mask_id,
        };
        if recipe.regularize.average > 0.0 {
            let weights = &learner.encoder.weights;
            learner.optimizer.keep_average(recipe.regularize.average, weights.table(), weights.hidden())?;
        }
        Ok(learner)
    }

    /// One step on a batch that is read as `pieces`; `step` of `steps` chooses the learning rate and, with the recipe's seed, what is dropped and
    /// hidden.
    pub fn step(&mut self, rows: &[&Example], pieces: Vec<Pieces>, step: usize, steps: usize) -> Result<StepReport> {
        let r = &self.recipe.regularize;
        let seed = (self.recipe.seed as u32).wrapping_mul(0x9e37_79b9) ^ (step as u32).wrapping_mul(0x85eb_ca6b);
        let noise = Noise { hidden: r.dropout, attention: r.attention_dropout, seed };
        let mut pieces = pieces;
        let hidden = self.hide(&mut pieces, seed ^ 0x5bd1_e995);
        let batch = Ragged::of(&pieces);
        let weights = &self.encoder.weights;
        let pooled = match &mut self.way {
            Way::Host(pass) => pass.forward(weights, &batch, noise)?,
            Way::Device(pass) => pass.forward(weights, &batch, noise)?,
        };
        let pooled =
            Var::from_vec(pooled, (batch.len(), self.pooling.width(self.encoder.weights.hidden())), &Device::Cpu)?;
        let seen = ops::dropout(&pooled, r.head_dropout, seed ^ 0x1b87_3593)?;
        let logits = ops::linear(&seen, &self.head_weight, &self.head_bias)?;
        let loss = self.losses.total(&logits, rows)?;
        let value = loss.to_scalar::<f32>()?;
        let grads = loss.backward()?;
        let gradient = |var: &Var| -> Result<Vec<f32>> {
            let grad = grads.get(var).ok_or_else(|| Error::Internal("the loss does not see the heads".into()))?;
            Ok(grad.flatten_all()?.to_vec1()?)
        };
        let heads = [gradient(&self.head_weight)?, gradient(&self.head_bias)?];
        let pooled = gradient(&pooled)?;
        let guessed = match &self.guesser {
            Some(guesser) if !hidden.places.is_empty() => {
                Some(guesser.learn(&self.way.states(&hidden.places)?, &hidden.pieces)?)
            }
            _ => None,
        };
        let states = guessed.as_ref().map(|guessed| (&hidden.places[..], &guessed.states));
        let guesses = self.gradients_of_guesser(guessed.as_ref())?;
        let none = DeviceGradients::new();
        let (on_device, gradients, words): (DeviceGradients, &Gradients, &[f32]) = match &mut self.way {
            Way::Host(pass) => {
                let (gradients, words) = pass.backward(&self.encoder.weights, &batch, noise, &pooled, states)?;
                (none, gradients, words)
            }
            Way::Device(pass) => {
                let slopes = pass.backward(&self.encoder.weights, &batch, noise, &pooled, states)?;
                (slopes.device, slopes.tables, slopes.words)
            }
        };
        let of = |name: &str| match name {
            HEAD_WEIGHT => Some(Gradient::Host(&heads[0])),
            HEAD_BIAS => Some(Gradient::Host(&heads[1])),
            name => match on_device.get(name).or_else(|| guesses.device.get(name)) {
                Some(gradient) => Some(Gradient::Device(gradient)),
                None => gradients.get(name).or_else(|| guesses.host.get(name)).map(|gradient| Gradient::Host(gradient)),
            },
        };
        let (ids, rows) = by_word(&batch.ids, words);
        let o = &self.recipe.optimizer;
        let factor = schedule::factor(step, steps, o.warmup, o.final_rate);
        let norm = self.optimizer.step(of, (&ids, &rows), self.encoder.weights.table_mut(), factor)?;
        let guessed = guessed.map(|guessed| guessed.loss);
        let weight = self.recipe.masked_language.as_ref().map_or(0.0, |masked| masked.weight);
        Ok(StepReport { loss: value + weight * guessed.unwrap_or(0.0), guessed, norm })
    }

    /// The gradients of what guesses, where it lies; zeros where nothing was guessed.
    fn gradients_of_guesser(&self, guessed: Option<&Guessed>) -> Result<Guesses> {
        let mut out = Guesses::default();
        for (name, var) in self.guesser.iter().flat_map(Guesser::vars) {
            let gradient = match guessed.and_then(|guessed| guessed.gradients.get(name)) {
                Some(gradient) => gradient.clone(),
                None => var.zeros_like()?,
            };
            match gradient.device().is_cpu() {
                true => drop(out.host.insert(name.to_owned(), gradient.flatten_all()?.to_vec1()?)),
                false => drop(out.device.insert(name.to_owned(), gradient)),
            }
        }
        Ok(out)
    }

    /// Hides some pieces of a batch, and gives those that are to be guessed.
    fn hide(&self, rows: &mut [Pieces], seed: u32) -> Hidden {
        if let Some(masked) = &self.recipe.masked_language {
            return hide_spans(rows, masked.share, self.mask_id, u64::from(seed));
        }
        let threshold = (self.recipe.regularize.mask_pieces as f64 * u32::MAX as f64) as u32;
        let mut position = 0u32;
        for pieces in rows {
            let last = pieces.ids.len() - 1;
            for (i, id) in pieces.ids.iter_mut().enumerate() {
                position += 1;
                if i > 0 && i < last && threshold > 0 && !ops::keeps(seed, position, threshold) {
                    *id = self.mask_id;
                }
            }
        }
        Hidden::default()
    }

    /// All tensors of a model file: the running mean of the weights where it is kept, else the weights.
    pub fn snapshot(&mut self) -> Result<BTreeMap<String, Tensor>> {
        let step = self.optimizer.step;
        let weights = &self.encoder.weights;
        let Some(average) = &mut self.optimizer.average else {
            return model_tensors(weights, &self.head_weight, &self.head_bias);
        };
        let width = weights.hidden();
        for (row, value) in weights.table().chunks_exact(width).enumerate() {
            average.catch_up(row, value, step);
        }
        let table = Tensor::from_slice(&average.table, (average.table.len() / width, width), &Device::Cpu)?;
        let mean = |name: &str, like: &Tensor| -> Result<Tensor> {
            let mean = self.optimizer.mean(name)?;
            let mean = mean.ok_or_else(|| Error::Internal(format!("no running mean of {name} is kept")))?;
            Ok(Tensor::from_vec(mean, like.shape(), &Device::Cpu)?)
        };
        let mut shadow = HashMap::new();
        for (name, var) in weights.vars() {
            shadow.insert(name.clone(), mean(name, var)?);
        }
        let shadow = Weights::from_parts(shadow, table, width);
        model_tensors(&shadow, &mean(HEAD_WEIGHT, &self.head_weight)?, &mean(HEAD_BIAS, &self.head_bias)?)
    }

    /// Writes the snapshot in full precision.
    pub fn save(&mut self, path: &Path) -> Result<()> {
        crate::bundle::write_tensors(path, &self.snapshot()?, crate::classify::transformer::Storage::F32)
    }
}

/// The tensors that a training starts from: those of the one model, or the mean of several.
fn start_of(recipe: &EncoderRecipe) -> Result<HashMap<String, Tensor>> {
    let mut sum = quantize::load(&recipe.path.join(file::MODEL))?;
    if recipe.averaged_with.is_empty() {
        return Ok(sum);
    }
    let is_head = |name: &str| [HEAD_WEIGHT, HEAD_BIAS].contains(&name);
    sum.retain(|name, _| name.contains("embeddings.") || name.contains("encoder.") || (recipe.heads && is_head(name)));
    let reader = recipe.path.join(file::TOKENIZER);
    for folder in &recipe.averaged_with {
        let path = folder.join(file::MODEL);
        let fault = |reason: String| Error::Encoder {
            path: path.clone(),
            reason: format!("{reason}; take it out of averaged_with"),
        };
        if crate::bundle::hash(&folder.join(file::TOKENIZER))? != crate::bundle::hash(&reader)? {
            return Err(fault(format!("reads other pieces than {}", recipe.path.display())));
        }
        let mut other = quantize::load(&path)?;
        for (name, sum) in &mut sum {
            match other.remove(name) {
                Some(tensor) if tensor.dims() == sum.dims() => *sum = (&*sum + tensor)?,
                _ => {
                    let from = recipe.path.display();
                    return Err(fault(format!("has no {name} of shape {:?}, as {from} has", sum.dims())));
                }
            }
        }
    }
    let share = 1.0 / (1 + recipe.averaged_with.len()) as f64;
    sum.into_iter().map(|(name, tensor)| Ok((name, (tensor * share)?))).collect()
}

/// Takes the heads out of a model's tensors, which answer by the same taxonomy if they say by which, and read so many inputs.
fn heads_of(
    tensors: &mut HashMap<String, Tensor>,
    model: &Path,
    taxonomy: &Taxonomy,
    inputs: usize,
) -> Result<(Var, Var)> {
    let fault = |reason: String| Error::Encoder { path: model.to_owned(), reason };
    let beside = model.with_file_name(file::TAXONOMY);
    if let Ok(text) = std::fs::read_to_string(&beside)
        && Taxonomy::parse(&text, &beside)? != *taxonomy
    {
        return Err(fault("its heads answer by another taxonomy; leave `heads` out of the recipe".to_owned()));
    }
    let width = HeadLayout::of(taxonomy).width;
    let mut take = |name: &str, shape: &[usize]| match tensors.remove(name) {
        Some(tensor) if tensor.dims() == shape => Ok(Var::from_tensor(&tensor.to_dtype(DType::F32)?)?),
        _ => Err(fault(format!(
            "has no {name} of shape {shape:?}, which the taxonomy asks for; leave `heads` out of the recipe"
        ))),
    };
    Ok((take(HEAD_WEIGHT, &[width, inputs])?, take(HEAD_BIAS, &[width])?))
}

/// The distinct ids in a batch, and for each the sum of its pieces' gradients.
fn by_word(ids: &[u32], words: &[f32]) -> (Vec<u32>, Vec<f32>) {
    let mut distinct = ids.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let width = words.len() / ids.len().max(1);
    let mut sums = vec![0.0; distinct.len() * width];
    for (id, word) in ids.iter().zip(words.chunks_exact(width.max(1))) {
        let place = distinct.binary_search(id).expect("every id is among the distinct ones");
        sums[place * width..(place + 1) * width].iter_mut().zip(word).for_each(|(sum, v)| *sum += v);
    }
    (distinct, sums)
}

/// Every layer further from the top learns slower (Howard and Ruder 2018, discriminative fine-tuning).
fn optimizer(recipe: &Recipe, encoder: &Encoder, heads: Vec<(&str, Var)>) -> Result<AdamW> {
    let o = &recipe.optimizer;
    let layers = encoder.config.num_hidden_layers as i32;
    let bottom = o.layer_decay.powi(layers);
    let mut vars = Vec::new();
    for (name, var) in encoder.weights.vars() {
        let layer = name.strip_prefix("encoder.layer.").and_then(|rest| rest.split('.').next()?.parse::<i32>().ok());
        let scale = layer.map_or(bottom, |layer| o.layer_decay.powi(layers - 1 - layer));
        vars.push((name.clone(), var.clone(), scale));
    }
    let head = o.head_learning_rate / o.learning_rate;
    vars.extend(heads.into_iter().map(|(name, var)| (name.to_owned(), var, head)));
    debug_assert!(!encoder.weights.vars().contains_key(WORD_TABLE));
    AdamW::new(vars, encoder.weights.table(), bottom, o)
}
