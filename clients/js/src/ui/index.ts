/** Registers every component of the design system. */

export * from './badge';
export * from './button';
export * from './clock';
export * from './dialog';
export * from './element';
export * from './field';
export * from './icon-button';
export * from './icons';
export * from './menu';
export * from './panel';
export * from './place';
export * from './state-dot';
export * from './states';
export * from './table';
export * from './time';
export * from './toasts';
