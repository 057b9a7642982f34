use super::*;
use crate::{
    classify::transformer::{Encoder, ops::tests::random},
    train::{
        AdamW, OptimizerRecipe,
        optimizer::Gradient,
        pass::{
            Pass, Products,
            tests::{batch, difference, encoder, flat},
        },
    },
};

/// A card, if the build and the machine have one: then the kernels are tested, else their plain forms.
fn card() -> Device {
    crate::classify::transformer::device("cuda").unwrap_or(Device::Cpu)
}

/// The same weights, those of the layers on a device.
fn moved(encoder: &Encoder, device: &Device) -> Encoder {
    let place = |name: &str| if DevicePass::holds(name) { device.clone() } else { Device::Cpu };
    let tensors = encoder.weights.to_hf().unwrap().into_iter().collect();
    let weights = Weights::from_hf(tensors, &encoder.config, &Device::Cpu).unwrap().into_trainable_on(place).unwrap();
    Encoder { config: encoder.config.clone(), weights }
}

#[test]
fn forward_and_all_gradients_are_those_of_the_cpu() {
    let (here, device) = (encoder(), card());
    let there = moved(&here, &device);
    let noises = [Noise::none(), Noise { hidden: 0.2, attention: 0.1, seed: 5 }];
    for (lengths, noise) in [&[3, 1, 7][..], &[50, 90, 2, 33, 70, 5]].into_iter().zip(noises) {
        for pooling in [Pooling::Cls, Pooling::Mean, Pooling::ClsMean] {
            let batch = batch(lengths);
            let mut cpu = Pass::new(&here.config, pooling, &here.weights, Products::F32).unwrap();
            let wanted = cpu.forward(&here.weights, &batch, noise).unwrap();
            let mut pass = DevicePass::new(&there.config, pooling, &there.weights, &device);
            let found = pass.forward(&there.weights, &batch, noise).unwrap();
            assert!(difference(&found, &wanted) < 1e-4);

            let slopes: Vec<f32> = (0..found.len()).map(|i| (i as f32 * 0.7).sin()).collect();
            let places = [1u32, 9, 4];
            let found_states = pass.states(&places).unwrap();
            assert!(difference(&flat(&found_states), &flat(&cpu.states(&places).unwrap())) < 1e-4);
            let of_states = random((3, 16), 98);
            let states = Some((&places[..], &of_states));
            let (wanted, words) = cpu.backward(&here.weights, &batch, noise, &slopes, states).unwrap();
            let of_states = of_states.to_device(&device).unwrap();
            let states = Some((&places[..], &of_states));
            let found = pass.backward(&there.weights, &batch, noise, &slopes, states).unwrap();
            assert!(difference(found.words, words) < 1e-3);
            assert_eq!(found.device.len() + found.tables.len(), wanted.len());
            for (name, wanted) in wanted {
                let found = found.device.get(name).map_or_else(|| found.tables[name].clone(), flat);
                let worst = difference(&found, wanted);
                assert!(worst < 1e-3, "{name} differs by {worst}");
            }
        }
    }
}

#[test]
fn the_steps_of_a_weight_are_those_of_the_cpu() {
    let device = card();
    let start = random((7, 30), 1);
    let recipe = OptimizerRecipe::default();
    let new = |device: &Device| candle_core::Var::from_tensor(&start.to_device(device).unwrap()).unwrap();
    let (here, there) = (new(&Device::Cpu), new(&device));
    let mut cpu = AdamW::new(vec![("w".into(), here.clone(), 1.0)], &[], 1.0, &recipe).unwrap();
    cpu.keep_average(0.9, &[], 1).unwrap();
    let mut memory = DeviceMoments::new(&there).unwrap();
    memory.keep_mean(&there).unwrap();
    for step in 0..5u64 {
        let gradient = random((7, 30), 10 + step);
        let values = flat(&gradient);
        cpu.step(|_| Some(Gradient::Host(&values)), (&[], &[]), &mut [], 1.0).unwrap();
        let norm = values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt();
        let decay = 0.9f32.min((2.0 + step as f32) / (11.0 + step as f32));
        memory.step(&there, &gradient.to_device(&device).unwrap(), cpu.numbers(1.0, true, 1.0, norm), decay).unwrap();
    }
    assert!(difference(&flat(&there), &flat(&here)) < 1e-5);
    assert!(difference(&memory.mean().unwrap().unwrap(), &cpu.mean("w").unwrap().unwrap()) < 1e-5);
    assert!(difference(&memory.moments().unwrap().first, &cpu.moments("w").unwrap().first) < 1e-5);
    assert!(difference(&memory.moments().unwrap().second, &cpu.moments("w").unwrap().second) < 1e-5);
}

#[test]
fn guesses_over_a_vocabulary_are_those_of_the_plain_form() {
    let (scores, bias) = (random((5, 70), 3), random(70, 4));
    let wanted = Tensor::new(&[69u32, 0, 7, 33, 7], &Device::Cpu).unwrap();
    let expected = plain::guess(&scores, &bias, &wanted, 0.4).unwrap();
    let there = |tensor: &Tensor| tensor.to_device(&card()).unwrap();
    let found = guess(&there(&scores), &there(&bias), &there(&wanted), 0.4).unwrap();
    for (found, expected) in found.iter().zip(&expected) {
        assert!(difference(&flat(found), &flat(expected)) < 1e-5);
    }
}

#[test]
fn a_way_back_without_its_way_forth_is_refused() {
    let encoder = encoder();
    let mut pass = DevicePass::new(&encoder.config, Pooling::Cls, &encoder.weights, &Device::Cpu);
    assert!(pass.backward(&encoder.weights, &batch(&[4, 9]), Noise::none(), &[1.0; 32], None).is_err());
}
